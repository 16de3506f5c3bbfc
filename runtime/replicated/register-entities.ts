import { decodeMessage, encodeMessage, type Message } from "../codec.ts";
import type { Commit, EntityHost, Loaded, LoadRequest, Overtaken } from "../entity/host.ts";
import { createTurns } from "../entity/turns.ts";
import type { VersionClock } from "../entity/version-clock.ts";
import { MeshError } from "../errors.ts";
import { headersOf, messageId, readEnvelope, sequenceOf, versionOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { Log } from "../log.ts";
import type { EventBus, Follower, LogRecord, MessageType, OutgoingRecord } from "../ports.ts";
import type { ReadBack } from "./register.ts";
import { createRegisterFold } from "./register-fold.ts";

const readBackTimeoutMs = 2000;
const seenVersionTimeoutMs = 1000;

export type RegisterOptions = {
  /** The `entity_type`. */
  readonly type: string;
  /** Full name of the entity service; the source of records that the runtime appends itself. */
  readonly source: string;
  readonly value: MessageType;
  readonly emptyValue: () => Message;
  readonly logTopic: string;
  readonly seenVersion: (command: Message) => bigint;
  readonly bus: EventBus;
  readonly clock: VersionClock;
  readonly now: () => number;
  readonly log: Log;
};

export type RegisterEntities = EntityHost & {
  /** Follows the log; resolves when everything that stood in it has been read. */
  start(onError: (error: unknown) => void): Promise<void>;
  close(): Promise<void>;
  readonly logTopic: string;
  readonly size: number;
};

/** Registers of one type, held in memory: the fold of their log, which a change is appended to. */
export const createRegisterEntities = (options: RegisterOptions): RegisterEntities => {
  const { type, value, logTopic, bus, clock, log } = options;
  const register = createRegisterFold();
  const ownWrites = new Set<bigint>();
  let follower: Follower | undefined;
  let isCaughtUp = false;

  const onRecord = (record: LogRecord): void => {
    const version = versionOf(readEnvelope(record).sequence);
    if (record.key === undefined || version === undefined) {
      log.warn(
        { topic: logTopic, partition: record.partition, offset: record.offset },
        "a record without key or version is not part of the register",
      );
      return;
    }
    if (!ownWrites.delete(version) && clock.isOwn(version) && record.timestamp >= startedAt) clock.changeTag();
    const decoded = record.value === null ? undefined : decodeValue(record, record.value);
    if (decoded !== "malformed") register.fold(record.key, { version, value: decoded });
  };

  const decodeValue = (record: LogRecord, bytes: Uint8Array): Message | "malformed" => {
    try {
      return decodeMessage(value, bytes);
    } catch (error) {
      log.error(
        { topic: logTopic, partition: record.partition, offset: record.offset, error },
        "a malformed record is not part of the register",
      );
      return "malformed";
    }
  };

  const startedAt = options.now();

  const loaded = (key: string): Loaded => {
    const entry = register.get(key);
    return { version: entry.version, state: entry.value, isInDoubt: register.isInDoubt(key) };
  };

  const waitFor = async (key: string, seen: bigint, deadline: number | undefined): Promise<Loaded> => {
    const limit = Math.min(
      seenVersionTimeoutMs,
      deadline === undefined ? Number.POSITIVE_INFINITY : deadline - options.now(),
    );
    const { reached, cancel } = register.reach(key, seen);
    const isReached = await within(
      Math.max(0, limit),
      reached.then(() => true as const),
      cancel,
    );
    if (isReached) return loaded(key);
    throw new MeshError("NOT_CAUGHT_UP", `this replica has not read version ${seen} of "${key}" yet; try again`, {
      retryAfterMs: 200,
    });
  };

  /** Appends, and waits until the record comes back as part of the log. */
  const append = async (record: OutgoingRecord, key: string, version: bigint, base: bigint): Promise<ReadBack> => {
    const { settled, cancel } = register.expect(key, version, base);
    ownWrites.add(version);
    const published = bus.publish([record]);
    const failure = await Promise.race([
      settled.then(() => undefined),
      published.then(
        () => undefined,
        (error: unknown) => ({ error }),
      ),
    ]);
    const readBack = await within(failure === undefined ? readBackTimeoutMs : 0, settled, cancel);
    if (readBack !== undefined) return readBack;
    if (failure?.error instanceof MeshError && failure.error.code === "INVALID_RECORD") throw failure.error;
    register.doubt(key, version);
    throw new MeshError("OUTCOME_UNKNOWN", `the change of "${key}" may or may not have been written; try again`, {
      cause: failure?.error,
      retryAfterMs: 100,
    });
  };

  return {
    type,
    turns: createTurns(),
    emptyState: options.emptyValue,
    nextVersion: clock.next,
    logTopic,
    get size() {
      return register.size;
    },
    load({ key, command, deadline }: LoadRequest) {
      if (!isCaughtUp) {
        throw new MeshError("NOT_CAUGHT_UP", "this replica is still reading its log; try again", { retryAfterMs: 500 });
      }
      const seen = options.seenVersion(command);
      return seen > register.get(key).version ? waitFor(key, seen, deadline) : loaded(key);
    },
    async commit(commit: Commit): Promise<Overtaken | undefined> {
      const { key, version } = commit;
      const readBack = await append(recordOf(commit, options), key, version, commit.loaded.version);
      if (readBack.kind === "won") return undefined;
      // The next version must lie above whatever stands now; the value to work on may be one that is hidden.
      const { basis, mustWrite } = readBack;
      const standing = register.get(key).version;
      return { kind: "overtaken", basis: { version: standing, state: basis.value, isInDoubt: mustWrite } };
    },
    async start(onError) {
      follower = await bus.follow({ topic: logTopic, onRecord, onError });
      await follower.caughtUp;
      isCaughtUp = true;
    },
    close: async () => {
      await follower?.close();
    },
  };
};

/**
 * The one record of a change. An output of the unit to the log and key is that record; it must say what the
 * register will hold. Other outputs would be a second write, which a crash could part from the first.
 */
const recordOf = (commit: Commit, { type, source, value, logTopic, now }: RegisterOptions): OutgoingRecord => {
  const { key, partitionKey, version, state, outputs, traceparent } = commit;
  const stamp = {
    id: messageId(type, key, version, 0),
    sequence: sequenceOf(version, 0),
    subject: key,
    time: now(),
    traceparent,
  };
  const bytes = state === undefined ? null : encodeMessage(value, state);
  const records = outputs.map((output) => createRecord(output, stamp));
  for (const record of records) {
    if (record.topic !== logTopic || record.key !== key) {
      throw new MeshError(
        "OUTPUT_MISMATCH",
        `a unit that changes a register of type "${type}" publishes to its log "${logTopic}" only, not to "${record.topic}" with key "${record.key}"; publish that from a consumer of "${logTopic}"`,
      );
    }
    if (bytes === null || record.value === null || Buffer.compare(record.value, bytes) !== 0) {
      throw new MeshError(
        "OUTPUT_MISMATCH",
        `what is published to "${logTopic}" for "${key}" differs from the register's new value; reply with the value itself`,
      );
    }
  }
  const headers = headersOf({ ...stamp, source, type: value.name, time: new Date(stamp.time).toISOString() });
  return records[0] ?? { topic: logTopic, key, partitionKey, value: bytes, headers };
};

/** The promise's value if it comes in time, else `undefined`. */
const within = async <T>(milliseconds: number, promise: Promise<T>, cancel: () => void): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
    cancel();
  }
};
