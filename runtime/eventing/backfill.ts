import { randomUUID } from "node:crypto";
import { changesTopic } from "../entity/entity-changes.ts";
import type { Note } from "../entity/notes.ts";
import type { Log } from "../log.ts";
import type { EntityStore, EventBus, LogRecord } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";
import { type ScannedSource, scanSource } from "./scanned.ts";

export type BackfillOptions = {
  readonly group: string;
  readonly source: ScannedSource;
  /** Handles records of the store, in order within a key; resolves when none of them has to come again. */
  readonly handle: (records: readonly LogRecord[]) => Promise<void>;
  readonly store: EntityStore;
  readonly bus: EventBus;
  readonly log: Log;
  readonly now: () => number;
  readonly timers: Timers;
  readonly signal: AbortSignal;
};

/** Offsets by partition from which on the topic tells what the scan may not have seen. */
export type NotedOffsets = ReadonlyMap<number, bigint>;

type Progress = {
  readonly phase: "scanning" | "done";
  readonly offsets: readonly (readonly [number, string])[];
  /** The last key that was handled whole. */
  readonly after: string | undefined;
  readonly owner: string;
  /** When the owner, or when done any consumer, was last at work. */
  readonly seenAt: number;
};

const page = 200;
const longestPart = 1000;
const ownerSilentMs = 10_000;
const lookAgainMs = 250;
/** Less than the topic keeps its records, so that nothing is missed between the two. */
const awayTooLongMs = 6 * 24 * 3_600_000;

export const backfillNote = (group: string, entityType: string): string => `backfill/${entityType}/${group}`;

/**
 * What a new consumer of an entity does before it reads the entity's topic: it notes where the topic ends, then handles
 * all that is in the store. Progress is stored: one process scans, another goes on where it fell silent. Resolves with
 * the noted offsets. A consumer that was away for longer than the topic remembers scans again.
 */
export const backfill = async (options: BackfillOptions): Promise<NotedOffsets> => {
  const { group, source, store, log, now, timers, signal } = options;
  const id = backfillNote(group, source.entityType);
  const owner = randomUUID();
  for (;;) {
    signal.throwIfAborted();
    const note = await store.notes.load(id);
    const progress = note && (JSON.parse(note.text) as Progress);
    if (note === undefined || progress === undefined || (await isOutdated(options, progress))) {
      const first = await begin(options, owner);
      await store.notes.save(id, note?.revision ?? 0n, JSON.stringify(first));
      continue;
    }
    if (progress.phase === "done") return offsetsOf(progress);
    if (progress.owner !== owner) {
      if (now() - progress.seenAt < ownerSilentMs) {
        await sleep(timers, lookAgainMs, { signal });
        continue;
      }
      log.info({ group, entity: source.entityType, after: progress.after }, "going on with a scan left behind");
      await store.notes.save(id, note.revision, JSON.stringify({ ...progress, owner, seenAt: now() }));
      continue;
    }
    await scan(options, id, note, progress);
  }
};

/** Tells that the consumer is at work, so that its next start need not scan again. */
export const confirmSeen = async ({ group, source, store, now }: BackfillOptions): Promise<void> => {
  const id = backfillNote(group, source.entityType);
  const note = await store.notes.load(id);
  if (note === undefined) return;
  const progress = JSON.parse(note.text) as Progress;
  if (progress.phase !== "done") return;
  // A conflict means that another replica has just said the same.
  await store.notes.save(id, note.revision, JSON.stringify({ ...progress, seenAt: now() }));
};

const begin = async ({ source, bus, now }: BackfillOptions, owner: string): Promise<Progress> => {
  const ends = await bus.endOffsets(changesTopic(source.entityType));
  const offsets = [...ends].map(([partition, offset]): [number, string] => [partition, String(offset)]);
  return { phase: "scanning", offsets, after: undefined, owner, seenAt: now() };
};

const offsetsOf = ({ offsets }: Progress): NotedOffsets =>
  new Map(offsets.map(([partition, offset]) => [partition, BigInt(offset)]));

/** Noted offsets that the topic does not reach are of another topic; old ones may have a hole behind them. */
const isOutdated = async ({ source, bus, now }: BackfillOptions, progress: Progress): Promise<boolean> => {
  if (progress.phase === "done" && now() - progress.seenAt > awayTooLongMs) return true;
  const ends = await bus.endOffsets(changesTopic(source.entityType));
  return [...offsetsOf(progress)].some(([partition, offset]) => offset > (ends.get(partition) ?? 0n));
};

/** Scans as the owner, until all is done or somebody else has taken over. */
const scan = async (options: BackfillOptions, id: string, note: Note, progress: Progress): Promise<void> => {
  const { source, handle, store, log, now, signal, group } = options;
  let revision = note.revision;
  let keys = 0;
  let records: LogRecord[] = [];
  let current: string | undefined;
  let complete = progress.after;

  const flush = async (): Promise<boolean> => {
    signal.throwIfAborted();
    await handle(records);
    records = [];
    const saved = await store.notes.save(id, revision, JSON.stringify({ ...progress, after: complete, seenAt: now() }));
    revision += 1n;
    return saved === "saved";
  };

  for await (const { key, records: found } of scanSource(store, source, progress.after)) {
    if (key !== current) {
      complete = current ?? complete;
      current = key;
      keys += 1;
      if (records.length >= page && !(await flush())) return;
    }
    records.push(...found);
    // A journal may be longer than memory is large; what was handled of it comes again after a crash.
    if (records.length >= longestPart && !(await flush())) return;
  }
  complete = current ?? complete;
  if (!(await flush())) return;
  const done: Progress = { ...progress, phase: "done", after: complete, seenAt: now() };
  await store.notes.save(id, revision, JSON.stringify(done));
  log.info({ group, entity: source.entityType, keys }, "scanned the store");
};
