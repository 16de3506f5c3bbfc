import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { openMongoStores } from "../../runtime/adapters/mongodb/stores.ts";
import type { Ports } from "../../runtime/ports.ts";
import { type KafkaProxy, startKafkaProxy } from "./kafka-proxy.ts";
import { type MeshKafka, type MeshMongod, startEnvoyPart, startKafkaParts, startMongodParts } from "./mesh-engines.ts";
import type { Part } from "./mesh-part.ts";
import { type ServiceName, type ServiceOptions, startService } from "./mesh-service.ts";
import { recordingLog } from "./recording-log.ts";

export type MeshOptions = {
  /** One of each when left out; 0 starts none. */
  readonly replicas?: Partial<Record<ServiceName, number>>;
  readonly kafkaBrokers?: 1 | 3;
  readonly mongoMembers?: 1 | 3;
  readonly envoy?: boolean;
  /** The first heartbeat-svc reaches the only broker through a proxy. */
  readonly isProxied?: boolean;
  /** Further variables of the services. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Data, logs and pids of everything. One mesh a folder. */
  readonly folder: string;
};

/** Real engines and services, each a process that can be killed, stopped and started again. */
export type Mesh = Record<ServiceName, readonly Part[]> & {
  readonly kafka: MeshKafka;
  readonly mongod: MeshMongod;
  readonly envoy: Part | undefined;
  /** Between the first heartbeat-svc and the broker, where there is one. */
  readonly proxy: KafkaProxy | undefined;
  /** Everything that was started, engines first. */
  readonly parts: readonly Part[];
  /** Starts one more replica, which is not among those above. */
  add(name: ServiceName, options?: Pick<ServiceOptions, "untilServing">): Promise<Part>;
  /** The engines as the services see them; close it before the mesh. */
  openPorts(): Promise<Ports>;
  /** Ends all parts at once; the promise resolves when they are gone. */
  close(): Promise<void>;
};

/** Starts engines and services and resolves when all of them serve. None outlives this process. */
export const startMesh = async (options: MeshOptions): Promise<Mesh> => {
  const { folder, kafkaBrokers = 1, mongoMembers = 1, replicas = {} } = options;
  const parts: Part[] = [];
  const counts: Record<ServiceName, number> = { heartbeat: 0, state: 0, view: 0 };
  let proxy: KafkaProxy | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.kill("SIGKILL")));
    await proxy?.close();
  };
  const keep = <T extends Part>(part: T): T => {
    parts.push(part);
    return part;
  };

  await mkdir(folder, { recursive: true });
  try {
    proxy = options.isProxied ? await startKafkaProxy() : undefined;
    const [kafka, mongod] = await Promise.all([
      startKafkaParts(join(folder, "kafka"), kafkaBrokers, proxy).then((started) => {
        started.brokers.forEach(keep);
        return started;
      }),
      startMongodParts(join(folder, "mongod"), mongoMembers).then((started) => {
        started.members.forEach(keep);
        return started;
      }),
    ]);
    const environment = {
      ROLLCALL_KAFKA: kafka.addresses.join(","),
      ROLLCALL_KAFKA_REPLICATION: String(kafkaBrokers),
      ROLLCALL_MONGODB: mongod.url,
      ROLLCALL_LOG_LEVEL: "info",
      ...options.environment,
    };
    const proxied = proxy && { ...environment, ROLLCALL_KAFKA: `127.0.0.1:${proxy.port}` };
    const add: Mesh["add"] = async (name, more = {}) => {
      const replica = counts[name]++;
      const own = name === "heartbeat" && replica === 0 ? (proxied ?? environment) : environment;
      return keep(await startService({ name, replica, folder, environment: own, ...more }));
    };
    const addAll = (name: ServiceName): Promise<readonly Part[]> =>
      Promise.all(Array.from({ length: replicas[name] ?? 1 }, () => add(name)));

    const [heartbeat, state, view] = await Promise.all([addAll("heartbeat"), addAll("state"), addAll("view")]);
    const portsOf = (replicas: readonly Part[]): readonly number[] => replicas.map(({ port }) => port);
    const services = { heartbeat: portsOf(heartbeat), state: portsOf(state), view: portsOf(view) };
    const envoy = options.envoy ? keep(await startEnvoyPart(join(folder, "envoy"), services)) : undefined;
    return {
      heartbeat,
      state,
      view,
      kafka,
      mongod,
      envoy,
      proxy,
      parts,
      add,
      openPorts: () => openPorts(kafka, mongod),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const openPorts = async (kafka: MeshKafka, mongod: MeshMongod): Promise<Ports> => {
  const log = recordingLog();
  const stores = await openMongoStores({ url: mongod.url, database: "rollcall", log });
  try {
    const bus = await createKafkaBus({ brokers: kafka.addresses, clientId: "inspector", log });
    const close = async (): Promise<void> => {
      await bus.close();
      await stores.close();
    };
    return { bus, entities: stores.entities, views: stores.views, close };
  } catch (error) {
    await stores.close();
    throw error;
  }
};
