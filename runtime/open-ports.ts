import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { Ports } from "./ports.ts";

/**
 * The ports of the way of running that the configuration asks for: Kafka and MongoDB where it names them, else
 * the embedded store. Only that way's adapters are loaded. `name` tells Kafka who asks.
 */
export const openPorts = (config: Config, log: Log, name: string): Promise<Ports> =>
  config.kafka === "" ? openEmbedded(config) : openMesh(config, log, name);

const openEmbedded = async ({ dataFolder, synchronous }: Config): Promise<Ports> => {
  const { openSqlitePorts } = await import("./adapters/sqlite/ports.ts");
  return openSqlitePorts({ folder: dataFolder, synchronous });
};

const openMesh = async (config: Config, log: Log, name: string): Promise<Ports> => {
  const [{ createKafkaBus }, { openMongoStores }] = await Promise.all([
    import("./adapters/kafka/bus.ts"),
    import("./adapters/mongodb/stores.ts"),
  ]);
  const { entities, views, close } = await openMongoStores({
    url: config.mongodb,
    database: config.mongodbDatabase,
    coalesceWindowMs: config.coalesceMs,
    log,
  });
  try {
    const bus = await createKafkaBus({
      brokers: config.kafka.split(",").map((address) => address.trim()),
      clientId: name,
      replication: config.kafkaReplication,
      coalesceWindowMs: config.coalesceMs,
      log,
    });
    return { bus, entities, views, close: () => bus.close().finally(close) };
  } catch (error) {
    await close();
    throw error;
  }
};
