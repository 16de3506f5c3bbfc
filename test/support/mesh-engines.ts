import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import type { ServicePorts } from "../../engines/envoy/config.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { startEnvoy } from "../../engines/envoy/start.ts";
import { installKafka } from "../../engines/kafka/install.ts";
import { startKafka } from "../../engines/kafka/start.ts";
import { installMongod } from "../../engines/mongodb/install.ts";
import { startMember, withMember } from "../../engines/mongodb/member.ts";
import { startMongod } from "../../engines/mongodb/start.ts";
import type { KafkaProxy } from "./kafka-proxy.ts";
import { type Part, startPart } from "./mesh-part.ts";
import { freePortsInARow } from "./mesh-port.ts";

const primaryWithinMs = 30_000;
const wholeWithinMs = 60_000;
const busyMemberMs = 5000;

export type MeshKafka = {
  readonly addresses: readonly string[];
  readonly brokers: readonly Part[];
  /** Resolves when every replica of every partition is in sync. */
  whole(): Promise<void>;
};

/** Kafka with a part for each broker; the proxy, where there is one, stands before the first. */
export const startKafkaParts = async (dataDir: string, brokers: 1 | 3, proxy?: KafkaProxy): Promise<MeshKafka> => {
  const port = await freePortsInARow(2 * brokers);
  const ports = { port, controllerPort: port + brokers };
  const advertised = proxy && { advertisedPort: proxy.port };
  const kafka = await startKafka({
    home: await installKafka(),
    dataDir,
    ...ports,
    brokers,
    isBrief: true,
    ...advertised,
  });
  proxy?.forwardTo(kafka.brokers[0]?.proxiedPort ?? 0);
  const parts = kafka.brokers.map((broker) =>
    startPart(`kafka-${broker.id}`, async (port) => {
      if (port !== 0) await broker.restart();
      return broker;
    }),
  );
  const { addresses } = kafka;
  const whole = (): Promise<void> => until("all replicas are in sync", () => isInSync(addresses));
  return { addresses, brokers: await Promise.all(parts), whole };
};

const isInSync = async (brokers: readonly string[]): Promise<boolean> => {
  const retry = { retries: 0 };
  const admin = new Kafka({ brokers: [...brokers], retry, logLevel: logLevel.NOTHING }).admin({ retry });
  try {
    const { topics } = await admin.fetchTopicMetadata();
    return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length));
  } finally {
    await admin.disconnect();
  }
};

/** Waits for what is not so, or cannot be told, for a while. */
const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + wholeWithinMs; !(await isSo().catch(() => false)); await delay(50)) {
    if (Date.now() > deadline) throw new Error(`after ${wholeWithinMs / 1000} s it is not so that ${what}`);
  }
};

export type MeshMongod = {
  readonly url: string;
  readonly members: readonly Part[];
  /** The member that takes writes; waits until there is one. */
  primary(): Promise<Part>;
  /** Resolves when one member takes writes and all others follow it. */
  whole(): Promise<void>;
  /** Makes the primary give way to another for some seconds. Only with three members. */
  stepDown(): Promise<Part>;
};

/** MongoDB with a part for each member. */
export const startMongodParts = async (dataDir: string, size: 1 | 3): Promise<MeshMongod> => {
  const binary = await installMongod();
  const mongod = await startMongod({ binary, dataDir, port: await freePortsInARow(size), members: size });
  const members = await Promise.all(
    mongod.members.map((member, i) =>
      startPart(`mongod-${i}`, async (port) => {
        if (port === 0) return member;
        const folder = join(dataDir, `member-${i}`);
        const again = await startMember({ binary, folder, port, parameters: {} });
        await primary();
        return { port: again.port, pid: again.process.pid };
      }),
    ),
  );
  const primary = async (): Promise<Part> => {
    for (const deadline = Date.now() + primaryWithinMs; Date.now() < deadline; await delay(20)) {
      for (const member of members) if (await takesWrites(member.port)) return member;
    }
    throw new Error("no member of the replica set takes writes");
  };
  return {
    url: mongod.url,
    members,
    primary,
    whole: () => until("all members follow a primary", async () => isWhole(await primary())),
    async stepDown() {
      const member = await primary();
      const order = { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 3 };
      await withMember(member.port, (client) => client.db("admin").command(order), busyMemberMs);
      return member;
    },
  };
};

const following = new Set(["PRIMARY", "SECONDARY"]);
const isWhole = async ({ port }: Part): Promise<boolean> => {
  const { members } = await withMember(port, (client) => client.db("admin").command({ replSetGetStatus: 1 }));
  return (members as readonly { readonly stateStr: string }[]).every(({ stateStr }) => following.has(stateStr));
};

const takesWrites = (port: number): Promise<boolean> =>
  withMember(port, (client) => client.db("admin").command({ hello: 1 })).then(
    (state) => state.isWritablePrimary === true,
    () => false,
  );

/** Envoy before all replicas of each service. */
export const startEnvoyPart = (workDir: string, services: ServicePorts): Promise<Part> =>
  startPart("envoy", async (earlier) => {
    const port = earlier === 0 ? await freePortsInARow() : earlier;
    return startEnvoy({ binary: await installEnvoy(), workDir, host: "127.0.0.1", port, services, concurrency: 1 });
  });
