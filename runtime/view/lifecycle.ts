import { setTimeout as delay } from "node:timers/promises";
import type { Note, NoteStore } from "../entity/notes.ts";
import { MeshError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { EventBus } from "../ports.ts";
import { type IdentityNote, identityPrefix, readIdentity, type TopicEnd, writeIdentity } from "./identity-note.ts";
import type { ViewStore } from "./store.ts";

export type LifecycleOptions = {
  /** Full name of the view's service. */
  readonly service: string;
  readonly table: string;
  /** The stored table: name and hash. */
  readonly id: string;
  readonly groups: readonly string[];
  readonly scans: readonly string[];
  /** Topics that feed it and are no entity's. */
  readonly topics: readonly string[];
  readonly notes: NoteStore;
  readonly store: Pick<ViewStore, "drop">;
  readonly bus: Pick<EventBus, "holdsAll" | "forgetGroup" | "endOffsets">;
  readonly log: Log;
  readonly now: () => number;
};

const unusedMs = 24 * 3_600_000;
/** Dropping takes seconds: one that lasts longer was left behind by a crash. */
const droppingMs = 60_000;
const lookAgainMs = 200;
const triesToUse = 600;

/**
 * Takes an identity into use: as it stands, or as a new one. A new one of a view that has others is made of all its
 * sources anew. Throws VIEW_NOT_REBUILDABLE when a topic among them does not hold everything any more. Resolves with what
 * has to be read of its topics before its rows are whole.
 */
export const useIdentity = async (options: LifecycleOptions): Promise<readonly TopicEnd[]> => {
  const { service, table, id, notes, now } = options;
  const prefix = identityPrefix(service, table);
  for (let tries = 0; tries < triesToUse; tries++) {
    const all = await notes.list(prefix);
    const own = all.get(prefix + id);
    const present = own && readIdentity(own.text);
    if (present?.droppingSince !== undefined) {
      if (now() - present.droppingSince < droppingMs) await delay(lookAgainMs);
      else if (own !== undefined) await drop(options, prefix + id, own);
      continue;
    }
    if (own === undefined && all.size > 0) await requireAllTopics(options);
    const filling = own === undefined ? await endsOf(options) : present?.filling;
    if ((await confirm(options, own, filling)) === "saved") return filling ?? [];
  }
  throw new MeshError(
    "STORE_UNAVAILABLE",
    `view "${service}", table "${table}": its last version is still being dropped`,
  );
};

/** Tells that the identity is in use. */
const confirm = (
  { service, table, id, groups, scans, notes, now }: LifecycleOptions,
  own: Note | undefined,
  filling: IdentityNote["filling"],
) => {
  const note: IdentityNote = { id, groups, scans, usedAt: now(), filling, droppingSince: undefined };
  return notes.save(identityPrefix(service, table) + id, own?.revision ?? 0n, writeIdentity(note));
};

const endsOf = async ({ topics, bus }: LifecycleOptions): Promise<readonly TopicEnd[] | undefined> => {
  const ends: TopicEnd[] = [];
  for (const topic of topics) {
    for (const [partition, end] of await bus.endOffsets(topic)) {
      if (end > 0n) ends.push({ topic, partition, end: String(end) });
    }
  }
  return ends.length === 0 ? undefined : ends;
};

/** Tells that everything its topics held when it was new is in its rows: no later start has to wait for that. */
export const noteFilled = async (options: LifecycleOptions): Promise<void> => {
  const { service, table, id, notes } = options;
  for (let tries = 0; tries < triesToUse; tries++) {
    const own = await notes.load(identityPrefix(service, table) + id);
    if (own === undefined || readIdentity(own.text).filling === undefined) return;
    if ((await confirm(options, own, undefined)) === "saved") return;
  }
};

const requireAllTopics = async ({ service, table, topics, bus }: LifecycleOptions): Promise<void> => {
  for (const topic of topics) {
    if (await bus.holdsAll(topic)) continue;
    throw new MeshError(
      "VIEW_NOT_REBUILDABLE",
      `view "${service}" has changed, so the rows of its table "${table}" have to be made anew, and topic "${topic}" does not hold all messages any more. Deploy in two steps: 1. keep the old view as it was, and add the changed one as a service with another name; it fills from new messages; 2. when it answers as it should, remove the old one`,
    );
  }
};

/**
 * Keeps the identity in use, and drops those of the same view that nobody has used for a day: rows, consumer groups,
 * and what is noted of them.
 */
export const maintainIdentity = async (options: LifecycleOptions): Promise<void> => {
  const { service, table, id, notes, now, log } = options;
  const prefix = identityPrefix(service, table);
  const all = await notes.list(prefix);
  // A conflict means that another replica has just said the same.
  const own = all.get(prefix + id);
  await confirm(options, own, own && readIdentity(own.text).filling);
  for (const [name, note] of all) {
    const { usedAt, droppingSince, id: other } = readIdentity(note.text);
    const isLeftBehind = droppingSince !== undefined && now() - droppingSince >= droppingMs;
    if (name === prefix + id || (!isLeftBehind && (droppingSince !== undefined || now() - usedAt < unusedMs))) continue;
    log.info({ view: service, table, stored: other, usedAt }, "dropping rows that nobody has used for a day");
    await drop(options, name, note);
  }
};

/** Marks the identity first: whoever wants to use it waits, and finds nothing of it. */
const drop = async ({ notes, store, bus, now, log }: LifecycleOptions, name: string, note: Note): Promise<void> => {
  const identity = readIdentity(note.text);
  const marked = writeIdentity({ ...identity, droppingSince: now() });
  if ((await notes.save(name, note.revision, marked)) === "conflict") return;
  await store.drop(identity.id);
  for (const group of identity.groups) {
    await bus
      .forgetGroup(group)
      .catch((error: unknown) => log.warn({ group, error }, "the group could not be dropped"));
  }
  for (const scan of identity.scans) {
    const present = await notes.load(scan);
    if (present !== undefined) await notes.drop(scan, present.revision);
  }
  await notes.drop(name, note.revision + 1n);
};
