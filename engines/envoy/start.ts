import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type EngineProcess, endLeftover, startProcess } from "../child.ts";
import { EngineError } from "../engine-error.ts";
import { type EnvoyConfigOptions, writeEnvoyConfig } from "./config.ts";

export type EnvoyOptions = EnvoyConfigOptions & {
  /** What `installEnvoy` gave. */
  readonly binary: string;
  /** Worker threads. */
  readonly concurrency?: number;
  /** Told when Envoy ends without having been asked to. */
  readonly log?: (line: string) => void;
  /** Called when it has, behind that line. */
  readonly onEnd?: () => void;
};

export type RunningEnvoy = {
  /** The port of gRPC, gRPC-Web and REST. */
  readonly port: number;
  readonly adminPort: number;
  readonly pid: number;
  /** Ends Envoy; the promise resolves when it is gone. May be called again. */
  close(): Promise<void>;
};

const startWithinMs = 30_000;

const tailOf = async (logFile: string): Promise<string> => {
  const text = await readFile(logFile, "utf8").catch(() => "");
  return text.trim().split("\n").slice(-10).join("\n");
};

const startFailure = async (options: EnvoyOptions, logFile: string, what: string): Promise<EngineError> => {
  const tail = await tailOf(logFile);
  if (/address already in use/i.test(tail)) {
    const remedy = "stop that process, or set ROLLCALL_REST_PORT to a free port";
    return new EngineError("PORT_IN_USE", `Port ${options.port} on ${options.host} is taken: ${remedy}.`);
  }
  return new EngineError("START_FAILED", `Envoy did not start (${what}). The end of ${logFile}:\n${tail}`);
};

const adminPortOf = async (file: string): Promise<number | undefined> => {
  const port = /:(\d+)\s*$/.exec(await readFile(file, "utf8").catch(() => ""))?.[1];
  return port === undefined ? undefined : Number(port);
};

const listenerPort = (listeners: unknown): number | undefined => {
  const text = JSON.stringify(listeners);
  const port = /"port_value":(\d+)/.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
};

/** The ports, once Envoy takes requests; until then undefined. */
const probe = async (adminFile: string): Promise<{ port: number; adminPort: number } | undefined> => {
  const adminPort = await adminPortOf(adminFile);
  if (adminPort === undefined) return undefined;
  const admin = `http://127.0.0.1:${adminPort}`;
  try {
    if (!(await fetch(`${admin}/ready`)).ok) return undefined;
    const port = listenerPort(await (await fetch(`${admin}/listeners?format=json`)).json());
    return port === undefined ? undefined : { port, adminPort };
  } catch {
    // The file is written a moment before the port answers.
    return undefined;
  }
};

const whenReady = async (envoy: EngineProcess, adminFile: string): Promise<{ port: number; adminPort: number }> => {
  const deadline = Date.now() + startWithinMs;
  let end: string | undefined;
  void envoy.ended.then((how) => {
    end = how;
  });
  while (Date.now() < deadline) {
    const ports = await probe(adminFile);
    if (end !== undefined) throw new Error(end);
    if (ports !== undefined) return ports;
    await delay(20);
  }
  throw new Error(`not ready after ${startWithinMs / 1000} s`);
};

/** A cluster file with a mistake is a line in the log and no cluster; every call would be a 503. */
const checkClusters = async (adminPort: number, file: string): Promise<void> => {
  const names = [...(await readFile(file, "utf8")).matchAll(/^ {4}name: (\S+)$/gm)].map(([, name]) => name ?? "");
  const clusters = await (await fetch(`http://127.0.0.1:${adminPort}/clusters`)).text();
  const missing = names.filter((name) => !clusters.includes(`${name}::`));
  if (missing.length > 0) throw new Error(`it did not take the clusters ${missing.join(", ")}`);
};

/**
 * Starts Envoy on a local copy of envoy/envoy.yaml and resolves when it takes requests. It ends with this process at
 * the latest. One Envoy a work folder: one that an earlier run left behind is ended first.
 */
export const startEnvoy = async (options: EnvoyOptions): Promise<RunningEnvoy> => {
  const { workDir, binary, concurrency = 2, log, onEnd } = options;
  const { listener, clusters } = await writeEnvoyConfig(options);
  const adminFile = join(workDir, "envoy.admin");
  const logFile = join(workDir, "envoy.log");
  const pidFile = join(workDir, "envoy.pid");
  await endLeftover(pidFile, listener);
  await rm(adminFile, { force: true });
  const args = ["--config-path", listener, "--admin-address-path", adminFile, "--concurrency", String(concurrency)];
  // Hot restart would share memory and a socket name with every other Envoy of this machine.
  args.push("--disable-hot-restart", "--reject-unknown-dynamic-fields", "--log-level", "warn");
  const envoy = await startProcess([binary, ...args], { logFile, pidFile });
  let closing = false;
  const close = async (): Promise<void> => {
    closing = true;
    await envoy.close();
  };
  try {
    const ports = await whenReady(envoy, adminFile);
    await checkClusters(ports.adminPort, clusters);
    void envoy.ended.then(async (how) => {
      if (closing) return;
      log?.(`Envoy ended (${how}); REST is off. The end of ${logFile}:\n${await tailOf(logFile)}`);
      onEnd?.();
    });
    return { ...ports, pid: envoy.pid, close };
  } catch (error) {
    await close();
    throw await startFailure(options, logFile, error instanceof Error ? error.message : String(error));
  }
};
