import { encodeMessage, type Message } from "../codec.ts";
import type { Commit, Loaded, LoadRequest, Overtaken } from "../entity/host.ts";
import { partitionKeyOf } from "../entity/key.ts";
import { createTurns } from "../entity/turns.ts";
import { systemVersion } from "../entity/version-clock.ts";
import { MeshError } from "../errors.ts";
import type { Follower, LogRecord, OutgoingRecord, Reader } from "../ports.ts";
import { within } from "../timers.ts";
import { appendAndReadBack } from "./append.ts";
import type { FollowedEntities, FollowedOptions } from "./followed-entities.ts";
import { createForgottenKeys } from "./forgotten-keys.ts";
import { createLogPositions } from "./log-positions.ts";
import { startLogRepair } from "./log-repair.ts";
import type { Entry } from "./register.ts";
import { createRegisterFold } from "./register-fold.ts";
import type { RegisterLease } from "./register-lease.ts";
import { provingNoBeat, type RegisterLog, readChange, recordOf, restatementOf } from "./register-log.ts";
import { createWriteNames } from "./write-names.ts";

const seenVersionTimeoutMs = 1000;
const none: Loaded["pending"] = [];

export type RegisterOptions = RegisterLog &
  FollowedOptions & {
    readonly emptyValue: () => Message;
    readonly seenVersion: (command: Message) => bigint;
    readonly restated: (value: Message, version: bigint) => Message;
    /** Keys that are held by beats; without it a value stays until somebody changes it. */
    readonly lease?: RegisterLease | undefined;
    /** How long a tombstone stays in memory. */
    readonly tombstonesKeptMs?: number;
  };

export type RegisterEntities = FollowedEntities & {
  readonly size: number;
  /** What is held of a key, whether or not this replica may answer. */
  peek(key: string): Entry;
};

/** Registers of one type, held in memory: the fold of their log, which a change is appended to. */
export const createRegisterEntities = (options: RegisterOptions): RegisterEntities => {
  const { type, value, logTopic, bus, clock, now, log, timers, lease } = options;
  const register = createRegisterFold(
    (a, b) =>
      a !== undefined && b !== undefined && Buffer.compare(encodeMessage(value, a), encodeMessage(value, b)) === 0,
  );
  const nextWrite = createWriteNames();
  const [author] = nextWrite().split("/") as [string];
  const positions = createLogPositions();
  const startedAt = now();
  let follower: Follower | undefined;
  let isFollowing = false;
  let repairing: Reader | undefined;
  const turns = createTurns();
  const forgotten = createForgottenKeys(options.tombstonesKeptMs);

  const onRecord = (record: LogRecord): void => {
    positions.read(record);
    try {
      const { key, change, write, mark, isAgain } = readChange(record, value, now());
      const isForeign = write === undefined || !write.startsWith(author);
      if (isForeign && clock.isOwn(change.version) && record.timestamp >= startedAt) clock.changeTag();
      const before = register.get(key);
      const after = register.take(key, change, write);
      if (lease === undefined) return;
      if (after.value === undefined) forgotten.add(key, after.version, record.timestamp);
      const isTaken = after !== before && !after.isDisputed;
      if (isTaken) lease.readChange(key, after.value, mark, isAgain ? undefined : record.timestamp);
      lease.readLast(key, !register.unsettled.has(key));
    } catch (error) {
      const { partition, offset } = record;
      log.error({ topic: logTopic, partition, offset, error }, "a record is no part of the register");
    }
  };

  /**
   * An acknowledged version is in the log, so a replica that has read the log to its present end has read
   * it, or knows that the caller's version is none of this log.
   */
  const reachSeen = async (key: string, seen: bigint, deadline: number | undefined): Promise<void> => {
    const { reached, cancel } = register.reach(key, seen);
    try {
      const ends = await bus.endOffsets(logTopic);
      if (positions.hasRead(ends)) return;
      const left = deadline === undefined ? Number.POSITIVE_INFINITY : Math.max(0, deadline - now());
      await within(timers, Math.min(seenVersionTimeoutMs, left), reached);
      if (register.get(key).version >= seen || positions.hasRead(ends)) return;
    } finally {
      cancel();
    }
    throw new MeshError("NOT_CAUGHT_UP", `this replica has not read version ${seen} of "${key}" yet; try again`, {
      retryAfterMs: 200,
    });
  };

  /** Appends, and tells whether the record won when it came back as part of the log. */
  const append = async (record: OutgoingRecord, key: string, write: string, version: bigint): Promise<boolean> => {
    const { settled, cancel } = register.expect(key, write);
    const onUnknown = (): void => register.doubt(key, write, version);
    try {
      return await appendAndReadBack({ bus, timers, record, settled, onUnknown });
    } finally {
      cancel();
    }
  };

  const loaded = (key: string): Loaded => {
    const entry = register.get(key);
    return { version: entry.version, state: entry.value, doubt: register.doubtOf(key, entry), pending: none };
  };

  const requireFollowing = (): void => {
    if (!isFollowing) {
      throw new MeshError("NOT_CAUGHT_UP", "this replica is still reading its log; try again", { retryAfterMs: 500 });
    }
    lease?.requireOpen();
  };

  const change = async (commit: Commit, isOwn = false): Promise<boolean> => {
    const write = nextWrite();
    const record = recordOf(commit, options, write, now());
    return append(isOwn ? provingNoBeat(record) : record, commit.key, write, commit.version);
  };

  /**
   * Nothing but the last record of a key outlives compaction: what it holds is appended again, at its version. What
   * is disputed gets a new one, since consumers may have taken the other value at the present one.
   */
  const repair = async (key: string): Promise<void> => {
    await turns.enter(key);
    try {
      const entry = register.get(key);
      if (!isFollowing || !register.unsettled.has(key)) return;
      log.info({ topic: logTopic, key }, "an older record stands last; appending what the key holds");
      const mark = lease?.markOf(key);
      if (!entry.isDisputed) return await bus.publish([restatementOf(key, entry, options, mark, now())]);
      const version = clock.next(register.highestVersion(key));
      const state = entry.value && options.restated(entry.value, version);
      const nothingElse = { events: [], outputs: [], position: undefined, traceparent: undefined, mark };
      const commit = { key, partitionKey: partitionKeyOf(key), loaded: loaded(key), version, state, ...nothingElse };
      await change(commit, true);
    } finally {
      turns.leave(key);
    }
  };

  /** What the key's owner does: repair, or the entry once more, about once a day. */
  const restate = async (key: string): Promise<void> => {
    if (register.unsettled.has(key)) return repair(key);
    const entry = register.get(key);
    if (entry.version > 0n) await bus.publish([restatementOf(key, entry, options, lease?.markOf(key), now())]);
  };

  const forget = async (key: string, version: bigint): Promise<void> => {
    if (register.unsettled.has(key)) return repair(key);
    await turns.enter(key);
    try {
      const before = loaded(key);
      if (!isFollowing || before.version !== version || before.doubt !== undefined) return;
      log.info({ topic: logTopic, key }, "nothing was heard of the key for long; it is forgotten");
      const nothingElse = { events: [], outputs: [], position: undefined, traceparent: undefined };
      const tombstone = { state: undefined, version: systemVersion(version), loaded: before };
      await change({ key, partitionKey: partitionKeyOf(key), ...tombstone, ...nothingElse }, true);
    } finally {
      turns.leave(key);
    }
  };

  const drop = (key: string, version: bigint): void => {
    if (turns.isTaken(key) || !register.drop(key, version)) return;
    lease?.forget(key);
    log.debug({ topic: logTopic, key }, "a forgotten key has left memory");
  };

  return {
    type,
    logTopic,
    turns,
    timers,
    leases: lease?.leases,
    leaseTopic: lease?.topic,
    emptyState: options.emptyValue,
    restated: options.restated,
    nextVersion: (key, current) => {
      const highest = register.highestVersion(key);
      return clock.next(highest > current ? highest : current);
    },
    peek: register.get,
    get size() {
      return register.size;
    },
    admit(key, command, context) {
      const seen = options.seenVersion(command);
      if (seen === 0n || seen <= register.get(key).version) return undefined;
      requireFollowing();
      return reachSeen(key, seen, context.deadline);
    },
    load({ key }: LoadRequest) {
      requireFollowing();
      return loaded(key);
    },
    async commit(commit: Commit): Promise<Overtaken | undefined> {
      lease?.requireOpen();
      const mark = commit.mark ?? lease?.markOf(commit.key);
      const hasWon = await change({ ...commit, mark }).catch((error: unknown) => {
        // Whatever becomes of the change, the device is there; what it counted as sent is not known to stand.
        if (commit.mark !== undefined) lease?.leases.extend(commit.key, { ...commit.mark, session: 0, sequence: 0 });
        throw error;
      });
      if (!hasWon) return { kind: "overtaken", again: loaded(commit.key) };
      if (commit.mark !== undefined) lease?.leases.extend(commit.key, commit.mark);
      return undefined;
    },
    async start(onError) {
      await lease?.follow(onError);
      follower = await bus.follow({
        topic: logTopic,
        onRecord,
        onError: (error) => {
          isFollowing = false;
          onError(error);
        },
      });
      await follower.caughtUp;
      isFollowing = true;
      if (lease === undefined) {
        repairing = startLogRepair({
          unsettled: register.unsettled,
          repair,
          timers,
          log: log.child({ topic: logTopic }),
        });
      }
      const dropForgotten = (time: number): void => forgotten.due(time, drop);
      const keeper = { host: this, entryOf: register.get, isBusy: turns.isTaken, restate, forget, dropForgotten };
      await lease?.begin(keeper);
    },
    async isCurrent(signal) {
      await positions.reachEnd(bus, logTopic, () => isFollowing && lease?.isOpen !== false, signal);
    },
    close: async () => {
      await lease?.close();
      isFollowing = false;
      await repairing?.close();
      await follower?.close();
    },
  };
};
