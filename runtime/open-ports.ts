import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { Needs } from "./needs.ts";
import type { EventBus, Ports } from "./ports.ts";
import { unopenedBus, unopenedEntities, unopenedViews } from "./unopened-ports.ts";

type Stores = Pick<Ports, "entities" | "views" | "close">;

const everything: Needs = { bus: true, store: true };

/**
 * The ports of the way of running that the configuration asks for: Kafka and MongoDB where it names them, else
 * the embedded store. Only that way's adapters are loaded, and only engines that are needed are connected to. `name`
 * tells Kafka who asks.
 */
export const openPorts = (config: Config, log: Log, name: string, needs: Needs = everything): Promise<Ports> =>
  config.kafka === "" ? openEmbedded(config) : openMesh(config, log, name, needs);

const openEmbedded = async ({ dataFolder, synchronous }: Config): Promise<Ports> => {
  const { openSqlitePorts } = await import("./adapters/sqlite/ports.ts");
  return openSqlitePorts({ folder: dataFolder, synchronous });
};

const openMesh = async (config: Config, log: Log, name: string, needs: Needs): Promise<Ports> => {
  const { entities, views, close } = needs.store ? await openStores(config, log) : unopenedStores;
  try {
    const bus = needs.bus ? await openBus(config, log, name) : unopenedBus;
    return { bus, entities, views, close: () => bus.close().finally(close) };
  } catch (error) {
    await close();
    throw error;
  }
};

const unopenedStores: Stores = { entities: unopenedEntities, views: unopenedViews, close: async () => {} };

const openStores = async (config: Config, log: Log): Promise<Stores> => {
  const { openMongoStores } = await import("./adapters/mongodb/stores.ts");
  const { mongodb: url, mongodbDatabase: database, coalesceMs: coalesceWindowMs } = config;
  return openMongoStores({ url, database, coalesceWindowMs, log });
};

const openBus = async (config: Config, log: Log, name: string): Promise<EventBus> => {
  const { createKafkaBus } = await import("./adapters/kafka/bus.ts");
  return createKafkaBus({
    brokers: config.kafka.split(",").map((address) => address.trim()),
    clientId: name,
    replication: config.kafkaReplication,
    coalesceWindowMs: config.coalesceMs,
    log,
  });
};
