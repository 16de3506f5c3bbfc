import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type EngineProcess, endLeftover, startProcess } from "../child.ts";
import { EngineError } from "../engine-error.ts";
import { runTool } from "../run-tool.ts";
import { log4jProperties, type NodeConfig, serverProperties } from "./config.ts";
import { bootstrapName, bootstrapOf, classArchiveOf } from "./prepared.ts";
import { answers, isTaken } from "./probe.ts";

const startWithinMs = 60_000;
/** Java writes the archive when it ends: a second's work, or ten on a machine that has other things to do. */
const archiveWithinMs = 120_000;

export type Jvm = {
  /** What `findJava` gave. */
  readonly java: string;
  /** Lives for a test: it is ready sooner, and never gets as fast. */
  readonly isBrief: boolean;
  /** See `KafkaOptions`. */
  readonly archiveTo: string | undefined;
  /** What `installKafka` gave. */
  readonly home: string;
};

export type RunningNode = {
  readonly pid: number;
  /** Ends the broker politely; the promise resolves when it is gone. May be called again. */
  close(): Promise<void>;
  /** Ends it as a power cut would (SIGKILL). */
  kill(): Promise<void>;
};

/** The end of what the broker wrote, without the lines of stack traces. */
const tailOf = async (logFile: string): Promise<string> => {
  const lines = (await readFile(logFile, "utf8").catch(() => "")).trim().split("\n");
  return lines
    .filter((line) => !line.startsWith("\tat "))
    .slice(-10)
    .join("\n");
};

const classArchive = ({ home }: Jvm): readonly string[] => {
  const archive = classArchiveOf(home);
  return archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`];
};

/** What `kafka-storage format` does, where its result is known: starting Java for it costs half of a broker's start. */
const format = async (jvm: Jvm, { id, dataDir }: NodeConfig, config: string, clusterId: string): Promise<void> => {
  const meta = join(dataDir, "meta.properties");
  if (existsSync(meta)) return;
  const bootstrap = bootstrapOf(jvm.home);
  if (bootstrap !== undefined) {
    await copyFile(bootstrap, join(dataDir, bootstrapName));
    await writeFile(meta, `version=1\ncluster.id=${clusterId}\nnode.id=${id}\n`);
    return;
  }
  const args = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", join(jvm.home, "libs", "*")];
  args.push("kafka.tools.StorageTool", "format", "--cluster-id", clusterId, "--config", config);
  const failed = `Kafka could not format ${dataDir}; an empty folder that can be written to is what it needs.`;
  await runTool(jvm.java, args, { missing: "Install Java.", failed });
};

const whenReady = async (broker: EngineProcess, port: number): Promise<void> => {
  const deadline = Date.now() + startWithinMs;
  let end: string | undefined;
  void broker.ended.then((how) => {
    end = how;
  });
  while (Date.now() < deadline) {
    if (await answers(port)) return;
    if (end !== undefined) throw new Error(end);
    await delay(20);
  }
  throw new Error(`not ready after ${startWithinMs / 1000} s`);
};

/**
 * Starts one broker of `nodes`, formatting an empty data folder, and resolves when it answers. It ends with this process
 * at the latest; one that an earlier run left behind on the same folder is ended first.
 */
export const startNode = async (
  jvm: Jvm,
  node: NodeConfig,
  nodes: readonly NodeConfig[],
  clusterId: string,
  log: ((line: string) => void) | undefined,
): Promise<RunningNode> => {
  const { dataDir, port, id } = node;
  // Beside the folder, not in it: Kafka takes whatever is in a data folder for partitions.
  const config = `${dataDir}.properties`;
  const log4j = `${dataDir}.log4j2.properties`;
  const logFile = `${dataDir}.log`;
  const pidFile = `${dataDir}.pid`;
  await mkdir(dataDir, { recursive: true });
  await endLeftover(pidFile, config);
  for (const taken of [port, node.controllerPort]) {
    if (await isTaken(taken)) {
      throw new EngineError("PORT_IN_USE", `Port ${taken} is taken: stop that process, or give Kafka another port.`);
    }
  }
  await writeFile(config, serverProperties(node, nodes));
  await writeFile(log4j, log4jProperties);
  await format(jvm, node, config, clusterId);
  const flags = ["-Xms512m", "-Xmx512m", "-XX:+UseSerialGC"];
  flags.push(...(jvm.archiveTo === undefined ? classArchive(jvm) : [`-XX:ArchiveClassesAtExit=${jvm.archiveTo}`]));
  // A third of what a start costs is spent on compiling for a speed that a test has no time for.
  if (jvm.isBrief) flags.push("-XX:TieredStopAtLevel=1");
  flags.push(`-Dlog4j2.configurationFile=${log4j}`, "-cp", join(jvm.home, "libs", "*"));
  const broker = await startProcess([jvm.java, ...flags, "kafka.Kafka", config], { logFile, pidFile });
  let isEnding = false;
  const end = async (how: () => Promise<void>): Promise<void> => {
    isEnding = true;
    await how();
  };
  try {
    await whenReady(broker, port);
  } catch (error) {
    await broker.close();
    const what = error instanceof Error ? error.message : String(error);
    const tail = await tailOf(logFile);
    throw new EngineError(
      "START_FAILED",
      `Kafka broker ${id} did not start (${what}). The end of ${logFile}:\n${tail}`,
    );
  }
  void broker.ended.then(async (how) => {
    if (!isEnding) log?.(`Kafka broker ${id} ended (${how}). The end of ${logFile}:\n${await tailOf(logFile)}`);
  });
  return {
    pid: broker.pid,
    close: () => end(() => broker.close(jvm.archiveTo === undefined ? undefined : archiveWithinMs)),
    kill: () =>
      end(async () => {
        process.kill(broker.pid, "SIGKILL");
        await broker.ended;
      }),
  };
};
