import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "nice-grpc";
import { projectRoot } from "../engines/project-root.ts";
import { UserPresenceState } from "../gen/presence/v1/presence.ts";
import { PresenceQueryApiDefinition } from "../gen/presence/view/v1/view_api.ts";
import { compileContract } from "../runtime/contract/compile.ts";
import { readEnvelope, versionOf } from "../runtime/eventing/envelope.ts";
import type { EntityType, EventBus, LogRecord, Ports, StoredEntity } from "../runtime/ports.ts";
import { connectTo } from "../test/support/channel.ts";
import { isPoison } from "./poison.ts";

/** A record with the version that its envelope tells. */
export type Versioned = LogRecord & { readonly key: string; readonly version: bigint };

/** What stands in the engines and in the view when a round is over. */
export type Evidence = {
  readonly heartbeats: readonly Versioned[];
  readonly users: readonly Versioned[];
  readonly deadLetters: readonly LogRecord[];
  /** Records that no consumer can take, and that no dead letter tells of. */
  readonly swallowed: readonly LogRecord[];
  /** When each record of the lease log was appended. */
  readonly leaseTimes: readonly number[];
  readonly entities: ReadonlyMap<string, StoredEntity>;
  readonly rows: ReadonlyMap<string, UserPresenceState>;
};

const maxListBytes = 64 * 1024 * 1024;

const readTopic = async (bus: EventBus, topic: string): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = [];
  let failure: { readonly error: unknown } | undefined;
  const follower = await bus.follow({
    topic,
    onRecord: (record) => records.push(record),
    onError: (error) => {
      failure = { error };
    },
  });
  await follower.caughtUp;
  await follower.close();
  if (failure !== undefined) throw failure.error;
  return records;
};

const versioned = (record: LogRecord): Versioned => {
  const version = versionOf(readEnvelope(record).sequence);
  if (record.key === undefined || version === undefined) {
    throw new Error(`record ${record.topic}/${record.partition}/${record.offset} has no key or no version`);
  }
  return { ...record, key: record.key, version };
};

const userPresence = (): EntityType => {
  const { model } = compileContract(readFileSync(join(projectRoot(), "gen", "descriptors.binpb")));
  const schema = model.registry.getMessage("presence.v1.UserPresenceState");
  if (schema === undefined) throw new Error("the descriptor set has no presence.v1.UserPresenceState");
  return { name: "user_presence", state: { ...UserPresenceState, name: schema.typeName, schema } };
};

/** Every row of the view, as view-svc tells it, by entity key. */
export const readView = async (address: string): Promise<Evidence["rows"]> => {
  const channel = await connectTo(address, { "grpc.max_receive_message_length": maxListBytes });
  try {
    const { results } = await createClient(PresenceQueryApiDefinition, channel).getUsers({});
    return new Map(results.map((row) => [`${row.user_id}/${row.device_id}`, row]));
  } finally {
    channel.close();
  }
};

/** Everything that the engines keep. */
export const readEngines = async ({ bus, entities }: Ports): Promise<Omit<Evidence, "rows">> => {
  const type = userPresence();
  await entities.open([type]);
  const stored = new Map<string, StoredEntity>();
  for await (const entity of entities.scan(type)) stored.set(entity.key, entity);
  const heartbeats = await readTopic(bus, "heartbeats");
  const users = await readTopic(bus, "users");
  const leases = await readTopic(bus, "_rollcall.lease.user_presence_heartbeat");
  const dead = [await readTopic(bus, "heartbeats.dead-letter"), await readTopic(bus, "users.dead-letter")].flat();
  const told = new Set(dead.map(({ topic, key }) => `${topic} ${key}`));
  const poison = [...heartbeats, ...users].filter(isPoison);
  return {
    heartbeats: heartbeats.filter((record) => !isPoison(record)).map(versioned),
    users: users.filter((record) => !isPoison(record)).map(versioned),
    deadLetters: dead.filter((record) => !isPoison(record)),
    swallowed: poison.filter(({ topic, key }) => !told.has(`${topic}.dead-letter ${key}`)),
    leaseTimes: leases.map(({ timestamp }) => timestamp),
    entities: stored,
  };
};
