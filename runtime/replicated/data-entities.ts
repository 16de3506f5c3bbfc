import { randomBytes } from "node:crypto";
import type { Commit, Loaded, LoadRequest, Overtaken } from "../entity/host.ts";
import { createTurns } from "../entity/turns.ts";
import { MeshError } from "../errors.ts";
import type { Follower, LogRecord, Reader } from "../ports.ts";
import { appendAndReadBack } from "./append.ts";
import type { ReplicatedData } from "./data/data-type.ts";
import type { Tree } from "./data/dots.ts";
import type { Writer } from "./data/edit.ts";
import { type Generation, treeOf } from "./data/generation.ts";
import { withoutActors } from "./data/without-actors.ts";
import type { DataEntry } from "./data-entry.ts";
import { createDataFold } from "./data-fold.ts";
import { type DataLog, type DataWrite, dataRecord, readDataChange, refuseOutputs } from "./data-log.ts";
import type { FollowedEntities, FollowedOptions } from "./followed-entities.ts";
import { createLogPositions } from "./log-positions.ts";
import { startLogRepair } from "./log-repair.ts";
import type { ReplicaRoll } from "./replica-roll.ts";
import { createWriteNames } from "./write-names.ts";

/** So many actors a tree remembers; whoever would add to them makes it forget them all. */
export const maxActors = 64;
/** Whoever has not heard for so long that it has read all does not answer. */
const staleMs = 3_600_000;
const forgetEveryMs = 60_000;

export type DataEntitiesOptions = DataLog &
  FollowedOptions & {
    /** The handler's data for a tree. */
    readonly open: (tree: Tree, writer: Writer) => ReplicatedData;
    /** Of data that depends on which replicas there are. */
    readonly roll?: ReplicaRoll | undefined;
  };

export type DataEntities = FollowedEntities & {
  readonly size: number;
  /** What is held of a key, whether or not this replica may answer. */
  peek(key: string): DataEntry;
};

/** What a command began with. */
type Basis = { readonly entry: DataEntry; readonly knownAt: number };

/** Replicated data of one type, held in memory: the fold of its log, which every change is appended to whole. */
export const createDataEntities = (options: DataEntitiesOptions): DataEntities => {
  const { type, logTopic, open, bus, clock, now, log, timers, roll } = options;
  const fold = createDataFold();
  const nextWrite = createWriteNames();
  const positions = createLogPositions();
  const turns = createTurns();
  const bases = new WeakMap<Loaded, Basis>();
  let actor = newActor();
  /** When this replica had read all that there was. */
  let knownAt = Number.NEGATIVE_INFINITY;
  let follower: Follower | undefined;
  let isFollowing = false;
  let repairing: Reader | undefined;
  let stopForgetting = (): void => {};

  const writer = (): Writer => ({ actor, now: now() });

  const onRecord = (record: LogRecord): void => {
    positions.read(record);
    try {
      const { key, change, write } = readDataChange(record, now());
      fold.take(key, change, record.value, write);
    } catch (error) {
      const { partition, offset } = record;
      log.error({ topic: logTopic, partition, offset, error }, "a record is no part of the replicated data");
    }
  };

  const requireCurrent = (): void => {
    if (isFollowing && now() - knownAt <= staleMs) return;
    throw new MeshError("NOT_CAUGHT_UP", "this replica is still reading its log; try again", { retryAfterMs: 500 });
  };

  const append = async (write: DataWrite): Promise<boolean> => {
    const record = dataRecord(options, write, now());
    const { settled, cancel } = fold.expect(write.key, write.write);
    const onUnknown = (): void => {
      // What it wrote may come yet, or not: nothing else may be written under its name.
      actor = newActor();
    };
    try {
      return await appendAndReadBack({ bus, timers, record, settled, onUnknown });
    } finally {
      cancel();
    }
  };

  const load = (key: string): Loaded => {
    const entry = fold.get(key);
    const { tree } = entry.held;
    const state = tree && open(tree, writer());
    const loaded: Loaded = { version: entry.version, state, pending: [] };
    bases.set(loaded, { entry, knownAt });
    return loaded;
  };

  /** Compaction keeps the last record of a key alone: all that the key holds is appended again. */
  const repair = async (key: string): Promise<void> => {
    await turns.enter(key);
    try {
      if (!isFollowing || !fold.unsettled.has(key)) return;
      const { held, head, version } = fold.get(key);
      log.info({ topic: logTopic, key }, "the last record of the key lacks something; appending what the key holds");
      await append({
        key,
        version: clock.next(version),
        holds: held,
        base: head,
        knownAt,
        write: nextWrite(),
        traceparent: undefined,
      });
    } finally {
      turns.leave(key);
    }
  };

  const forget = (): void => {
    fold.forget(now() - staleMs);
    stopForgetting = timers.after(forgetEveryMs, forget, { ref: false });
  };

  return {
    type,
    logTopic,
    leaseTopic: roll?.topic,
    turns,
    timers,
    emptyState: () => open(treeOf({ number: 0n, tree: undefined }), writer()),
    nextVersion: (_, current) => clock.next(current),
    peek: fold.get,
    get size() {
      return fold.size;
    },
    load({ key }: LoadRequest) {
      requireCurrent();
      return load(key);
    },
    async commit(commit: Commit): Promise<Overtaken | undefined> {
      refuseOutputs(options, commit);
      const { key, version, traceparent } = commit;
      const basis = bases.get(commit.loaded) ?? { entry: fold.get(key), knownAt };
      const { held, head } = basis.entry;
      const tree = commit.state === undefined ? undefined : treeIn(commit.state);
      // Nothing is changed by it: a register whose clock says no, or the deletion of what is not there.
      if (tree === held.tree || tree === treeOf(held)) return undefined;
      const holds = nextGeneration(held, tree, version);
      const change = { key, version, holds, base: head, knownAt: basis.knownAt, write: nextWrite(), traceparent };
      return (await append(change)) ? undefined : { kind: "overtaken", again: load(key) };
    },
    async start(onError) {
      await roll?.start(onError);
      const since = now();
      follower = await bus.follow({
        topic: logTopic,
        onRecord,
        onError: (error) => {
          isFollowing = false;
          onError(error);
        },
      });
      await follower.caughtUp;
      knownAt = since;
      isFollowing = true;
      repairing = startLogRepair({ unsettled: fold.unsettled, repair, timers, log: log.child({ topic: logTopic }) });
      forget();
    },
    async isCurrent(signal) {
      const since = now();
      await positions.reachEnd(bus, logTopic, () => isFollowing, signal);
      knownAt = since;
    },
    close: async () => {
      isFollowing = false;
      stopForgetting();
      await repairing?.close();
      await follower?.close();
      await roll?.close();
    },
  };
};

/** No two processes have one, and none has one twice. */
const newActor = (): string => randomBytes(9).toString("base64url");

/** Handlers answer with what they made of the data they were given. */
const treeIn = (state: Partial<ReplicatedData>): Tree => {
  if (state.tree !== undefined) return state.tree;
  throw new MeshError("HANDLER_FAILED", "updateState takes replicated data, such as the counter that increment gives");
};

/** A deletion begins a new generation, and so does a tree that has become too many hands' work. */
const nextGeneration = (held: Generation, tree: Tree | undefined, version: bigint): Generation => {
  if (tree === undefined) return { number: version, tree };
  return tree.seen.size > maxActors ? { number: version, tree: withoutActors(tree) } : { number: held.number, tree };
};
