import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import type { NodeConfig } from "./config.ts";
import { findJava } from "./java.ts";
import { type RunningNode, startNode } from "./node.ts";
import { freePorts } from "./probe.ts";

export type KafkaOptions = {
  /** What `installKafka` gave. */
  readonly home: string;
  /** Everything the brokers keep is in it; a start on the same folder goes on with what was there. */
  readonly dataDir: string;
  /** Of the first broker, the next ones follow; 0 lets the system choose when the folder is new. */
  readonly port: number;
  /** Of the first broker; chosen by the system when left out. */
  readonly controllerPort?: number;
  /** Three replicate every topic, and need two of them for a write. */
  readonly brokers?: 1 | 3;
  /** The first broker gets a listener that is advertised with this port: that of a proxy. */
  readonly advertisedPort?: number;
  /** Lives for a test: it is ready sooner, and never gets as fast. */
  readonly isBrief?: boolean;
  /** Where Java leaves an archive of the classes when it ends. */
  readonly archiveTo?: string;
  /** Settings of server.properties to add or to replace. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told when a broker ends without having been asked to. */
  readonly log?: (line: string) => void;
};

export type KafkaBroker = {
  readonly id: number;
  readonly port: number;
  /** Where the listener behind `advertisedPort` is. */
  readonly proxiedPort: number | undefined;
  readonly pid: number;
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and data. */
  restart(): Promise<void>;
};

export type RunningKafka = {
  /** The addresses a client begins with. */
  readonly addresses: readonly string[];
  readonly brokers: readonly KafkaBroker[];
  /** Ends all brokers; the promise resolves when they are gone. May be called again. */
  close(): Promise<void>;
  /** Ends all brokers at once (SIGKILL). */
  kill(): Promise<void>;
};

// Any 22 characters of base64url will do; the folder is what tells clusters apart.
const clusterId = "rollcall-engine-kafka0";

/** Where a broker keeps its data. */
export const brokerFolder = (dataDir: string, id: number): string => join(dataDir, `broker-${id}`);

type Ports = { readonly port: number; readonly controllerPort: number; readonly proxied: number };

/** A cluster keeps its ports: its controllers have each other's addresses in their log. */
const portsOf = async (options: KafkaOptions, count: number): Promise<readonly Ports[]> => {
  const file = join(options.dataDir, "ports.json");
  const stored = await readFile(file, "utf8").catch(() => undefined);
  if (stored !== undefined) {
    const ports = JSON.parse(stored) as readonly Ports[];
    if (ports.length !== count) {
      const remedy = "give another folder, or as many brokers";
      throw new EngineError("START_FAILED", `${options.dataDir} has the data of ${ports.length} brokers: ${remedy}.`);
    }
    return ports.map((old, i) => (options.port === 0 ? old : { ...old, port: options.port + i }));
  }
  const free = await freePorts(3 * count);
  const ports = Array.from({ length: count }, (_, i) => ({
    port: options.port === 0 ? (free[3 * i] as number) : options.port + i,
    controllerPort: options.controllerPort === undefined ? (free[3 * i + 1] as number) : options.controllerPort + i,
    proxied: free[3 * i + 2] as number,
  }));
  await writeFile(file, JSON.stringify(ports));
  return ports;
};

/**
 * Starts Kafka, one broker or three, each its own controller, and resolves when all of them answer. They end with this
 * process at the latest. One Kafka a data folder: one that an earlier run left behind is ended first.
 */
export const startKafka = async (options: KafkaOptions): Promise<RunningKafka> => {
  const { home, dataDir, brokers: count = 1, advertisedPort, isBrief = false, settings = {}, log } = options;
  const jvm = { home, java: await findJava(), isBrief, archiveTo: options.archiveTo };
  await mkdir(dataDir, { recursive: true });
  const nodes = (await portsOf(options, count)).map(({ port, controllerPort, proxied }, i): NodeConfig => {
    const node = { id: i + 1, dataDir: brokerFolder(dataDir, i + 1), port, controllerPort, settings };
    return i === 0 && advertisedPort !== undefined ? { ...node, proxied: { port: proxied, advertisedPort } } : node;
  });
  const start = (node: NodeConfig): Promise<RunningNode> => startNode(jvm, node, nodes, clusterId, log);

  const starts = await Promise.allSettled(nodes.map(start));
  const running = starts.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = starts.find((result) => result.status === "rejected");
  if (failure !== undefined) {
    await Promise.all(running.map((node) => node.kill()));
    throw failure.reason;
  }
  const brokers = nodes.map((node, i): KafkaBroker => {
    const current = (): RunningNode => running[i] as RunningNode;
    return {
      id: node.id,
      port: node.port,
      proxiedPort: node.proxied?.port,
      get pid() {
        return current().pid;
      },
      kill: () => current().kill(),
      restart: async () => {
        running[i] = await start(node);
      },
    };
  });
  return {
    addresses: nodes.map(({ port }) => `127.0.0.1:${port}`),
    brokers,
    close: async () => {
      await Promise.all(running.map((node) => node.close()));
    },
    kill: async () => {
      await Promise.all(running.map((node) => node.kill()));
    },
  };
};
