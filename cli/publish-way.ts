import { ClientError, createChannel, createClient, Status } from "nice-grpc";
import { AdminDefinition } from "../gen/rollcall/admin/v1/admin.ts";
import { createKafkaBus } from "../runtime/adapters/kafka/bus.ts";
import type { Config } from "../runtime/config.ts";
import { MeshError } from "../runtime/errors.ts";
import { createLog } from "../runtime/log.ts";
import type { OutgoingRecord } from "../runtime/ports.ts";
import { BadCall } from "./bad-call.ts";
import { openMeshFolder } from "./mesh/folder.ts";
import { isAlive } from "./mesh/process-id.ts";
import { findAdmin } from "./publish-admin.ts";

/** A way to the event log that runs here. */
export type Way = {
  /** As a sentence names it. */
  readonly title: string;
  /** Resolves when the record is durable. Throws `BadCall` for one that its topic does not take. */
  publish(record: OutgoingRecord): Promise<void>;
};

/** The Kafka of the environment, else whatever runs on the data folder. Throws when nothing does, or both ways do. */
export const findWay = async (config: Config): Promise<Way> => {
  if (config.kafka !== "") return throughKafka(config.kafka);
  const [admin, kafka] = [await findAdmin(config.dataFolder), await findKafka(config.dataFolder)];
  if (admin !== undefined && kafka !== undefined) {
    throw new BadCall(`both rollcall run and rollcall up run on ${config.dataFolder}; end one of them`);
  }
  if (admin !== undefined) return throughAdmin(admin);
  if (kafka !== undefined) return throughKafka(kafka);
  throw new MeshError(
    "BUS_UNAVAILABLE",
    `nothing runs on ${config.dataFolder}: begin with rollcall run or rollcall up, or set ROLLCALL_DATA to its folder`,
  );
};

const findKafka = async (dataFolder: string): Promise<string | undefined> => {
  const kafka = (await (await openMeshFolder(dataFolder)).states()).find(({ part }) => part === "kafka");
  return kafka !== undefined && (await isAlive(kafka)) ? kafka.address : undefined;
};

const throughAdmin = (port: number): Way => ({
  title: "rollcall run",
  async publish({ topic, key, partitionKey, value, headers }) {
    const channel = createChannel(`127.0.0.1:${port}`);
    try {
      const record = {
        topic,
        key,
        partition_key: partitionKey,
        value: value ?? new Uint8Array(),
        headers: { ...headers },
      };
      await createClient(AdminDefinition, channel).publish(record, { signal: AbortSignal.timeout(10_000) });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === Status.INVALID_ARGUMENT) throw new BadCall(error.details);
      throw new MeshError("BUS_UNAVAILABLE", `rollcall run did not take the record: ${error.details}`, {
        cause: error,
      });
    } finally {
      channel.close();
    }
  },
});

const throughKafka = (addresses: string): Way => ({
  title: `Kafka at ${addresses}`,
  async publish(record) {
    const brokers = addresses.split(",").map((address) => address.trim());
    const bus = await createKafkaBus({ brokers, clientId: "rollcall-publish", log: createLog("error") });
    try {
      await bus.publish([record]);
    } catch (error) {
      if (error instanceof MeshError && error.code === "INVALID_RECORD") throw new BadCall(error.text);
      throw error;
    } finally {
      await bus.close();
    }
  },
});
