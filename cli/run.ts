import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { EngineError } from "../engines/engine-error.ts";
import { installEnvoy } from "../engines/envoy/install.ts";
import { startEnvoy } from "../engines/envoy/start.ts";
import { projectRoot } from "../engines/project-root.ts";
import { heartbeatOptions, heartbeatService } from "../heartbeat-svc/service.ts";
import { openSqlitePorts } from "../runtime/adapters/sqlite/ports.ts";
import type { Application } from "../runtime/component/application.ts";
import { type Config, variables } from "../runtime/config.ts";
import { MeshError } from "../runtime/errors.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { type RunningProcess, runProcess } from "../runtime/run-process.ts";
import { complain, configOrExit } from "../runtime/run-service.ts";
import { type Served, serve } from "../runtime/serve.ts";
import { stateService } from "../state-svc/service.ts";
import { viewService } from "../view-svc/service.ts";
import { startAdmin } from "./publish-admin.ts";
import { whatToTry } from "./what-to-try.ts";

type Closing = { close(): Promise<void> };

export const registerRun = (program: Command): void => {
  program
    .command("run")
    .description("start the three services in this process, on the embedded store, with Envoy in front")
    .action(async () => {
      const config = configOrExit();
      const log = createLog(config.logLevel);
      await runProcess({
        start: () => startEmbedded(config, log),
        log,
        shutdownMs: config.shutdownMs,
        onFailure: complain,
      });
    });
};

/** Starts everything, or nothing: what has started is closed again when a later part fails. */
const startEmbedded = async (config: Config, log: Log): Promise<RunningProcess> => {
  const ports = openSqlitePorts({ folder: config.dataFolder, synchronous: config.synchronous });
  const started: Closing[] = [];
  // All at once: each has the whole of the deadline, and none keeps the ports from being closed.
  const close = async (): Promise<void> => {
    const results = await Promise.allSettled(started.map((part) => part.close()));
    await ports.close();
    for (const result of results) if (result.status === "rejected") throw result.reason;
  };
  try {
    const descriptors = readFileSync(join(projectRoot(), "gen", "descriptors.binpb"));
    const start = async (
      application: Application,
      port: "heartbeatPort" | "statePort" | "viewPort",
    ): Promise<Served> => {
      const served = await serve(application, { ...config, ports, port: config[port], log }).catch(naming(port));
      started.push(served);
      return served;
    };
    const heartbeat = await start(heartbeatService(descriptors, heartbeatOptions(config)), "heartbeatPort");
    const state = await start(stateService(descriptors, { graceMs: config.leaveGraceMs }), "statePort");
    const view = await start(viewService(descriptors), "viewPort");
    started.push(await startAdmin(config.dataFolder, { bus: ports.bus, explain: view.explain }, log));
    const services = { heartbeat: heartbeat.port, state: state.port, view: view.port };
    const restPort = await startRest(config, services, log, started);
    process.stdout.write(whatToTry({ host: config.host, restPort, services }));
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** A port that is taken is told with the variable that moves it. */
const naming =
  (key: keyof Config) =>
  (error: unknown): never => {
    if (!(error instanceof MeshError) || error.code !== "PORT_IN_USE") throw error;
    throw new MeshError("PORT_IN_USE", `${error.text}, with ${variables[key].name}`, { cause: error });
  };

/** Without Envoy the gRPC ports still serve, so only a port that is taken ends the start. */
const startRest = async (
  { host, restPort, dataFolder }: Config,
  services: { readonly heartbeat: number; readonly state: number; readonly view: number },
  log: Log,
  started: Closing[],
): Promise<number | undefined> => {
  try {
    const binary = await installEnvoy();
    const envoy = await startEnvoy({
      binary,
      workDir: join(dataFolder, "envoy"),
      host,
      port: restPort,
      services,
      log: (line) => log.error({ engine: "envoy" }, line),
    });
    started.push(envoy);
    return envoy.port;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === "PORT_IN_USE") throw new MeshError("PORT_IN_USE", error.message, { cause: error });
    log.warn(`REST is off, gRPC serves: ${error.message}`);
    return undefined;
  }
};
