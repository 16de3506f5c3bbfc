import type { LeaseMark } from "../entity/host.ts";
import { createFence } from "./fence.ts";
import { createLeasePicture, type LeaseChange } from "./lease-picture.ts";
import type { LeaseProfile } from "./lease-profile.ts";
import { encodeLeaseRecord, type LeaseRecord } from "./lease-record.ts";
import type { LeaseRules } from "./lease-rules.ts";
import { createStrays } from "./strays.ts";
import { type Beat, createUnrecordedBeats } from "./unrecorded-beats.ts";

/** What a replica must do; the same again and again until the logs show that it is done. */
export type LeaseEffect =
  /** Append to the lease log. */
  | { readonly kind: "append"; readonly record: Uint8Array }
  /** The lease is over: run the command that says so. `covers` goes with its record. */
  | { readonly kind: "lapse"; readonly key: string; readonly covers: number; readonly lastBeatAt: number }
  /** Shown offline although a beat stands behind what was counted: run the command that says it is online. */
  | { readonly kind: "reassert"; readonly key: string; readonly lastBeatAt: number }
  /** Append what the register holds of the key. */
  | { readonly kind: "restate"; readonly key: string };

/** Milliseconds of two clocks: one that only runs, and the one on the wall. */
export type Instant = { readonly monotonic: number; readonly wall: number };

export type LeaseProtocolOptions = {
  readonly rules: LeaseRules;
  readonly profile: LeaseProfile;
  /** This replica's name; one process at a time should have it. */
  readonly replica: string;
  /** Distinguishes processes of the same start time. */
  readonly salt: number;
};

/**
 * The lease protocol of one replica, without clock, log or timer: it is told what was read and what time it is,
 * and tells what to do. The same calls give the same answers, so a simulation can drive it.
 */
export type LeaseProtocol = {
  /** The next record of the lease log. */
  readRecord(offset: number, appendedAt: number, record: LeaseRecord, now: Instant): void;
  /** A change of the register that its fold took. */
  readChange(key: string, change: LeaseChange): void;
  /** Whether a key's last record in the register's log, just read, says what the register holds. */
  readLast(key: string, isWinner: boolean, now: Instant): void;
  /** Both logs have been read to where they ended at the start. */
  caughtUp(now: Instant): void;
  /** From now on the replica answers nothing, and tells the others so. */
  leave(): void;
  /** The others know of every beat taken here, and that this replica has gone. */
  readonly hasLeft: boolean;
  /** Its wall clock is more than two seconds off the event log's: times it tells are wrong, nothing else is. */
  readonly isSkewed: boolean;
  /** Why this replica must not answer now, by the clock that only runs; `undefined` when it may. */
  refusal(monotonic: number): string | undefined;
  /** A beat that is answered: it extends the key's lease, here at once and at the others with the next record. */
  beat(key: string, beat: Beat, monotonic: number): void;
  /** After records of the lease log: whose lease they show to be over, or not over. A part of what `tick` gives. */
  judge(now: Instant, isBusy: (key: string) => boolean): readonly LeaseEffect[];
  /** Every quarter of a second. Keys with a command under way are busy. `isIdle`: no append to the lease log is under way. */
  tick(now: Instant, isBusy: (key: string) => boolean, isIdle: boolean): readonly LeaseEffect[];
  lastSequence(key: string, session: number): number | undefined;
  toldMsOf(key: string): number;
  markOf(key: string): LeaseMark | undefined;
  isStray(key: string): boolean;
  /** The register holds nothing of the key any more. */
  forget(key: string): void;
};

const maxSkewMs = 2000;

export const createLeaseProtocol = ({ rules, profile, replica, salt }: LeaseProtocolOptions): LeaseProtocol => {
  const picture = createLeasePicture(rules, profile);
  const fence = createFence(rules);
  const unrecorded = createUnrecordedBeats();
  const strays = createStrays(rules.repairAfterMs);
  const sentAt = new Map<number, number>();
  let phase: "starting" | "up" | "leaving" | "left" = "starting";
  let incarnation = 0;
  let number = 0;
  let isSkewed = false;
  let refreshedAt: number | undefined;
  let refreshSlot = 0;

  const readOwn = (record: LeaseRecord, appendedAt: number, wall: number): void => {
    if (incarnation === 0 || record.incarnation < incarnation) return;
    if (record.incarnation > incarnation) {
      fence.close();
      return;
    }
    fence.readBack(record.number);
    unrecorded.recorded(record.beats.at(-1)?.count ?? 0);
    if (record.isLeaving && unrecorded.size === 0) phase = "left";
    const sent = sentAt.get(record.number) ?? wall;
    for (const sentNumber of sentAt.keys()) if (sentNumber <= record.number) sentAt.delete(sentNumber);
    isSkewed = appendedAt < sent - maxSkewMs || appendedAt > wall + maxSkewMs;
  };

  const cut = ({ monotonic, wall }: Instant): LeaseEffect => {
    number += 1;
    fence.sent(number, monotonic);
    sentAt.set(number, wall);
    const record: LeaseRecord = {
      replica,
      incarnation,
      number,
      read: picture.readTo,
      isEligible: phase === "up" && fence.isFresh(monotonic),
      isLeaving: phase === "leaving",
      beats: unrecorded.cut(monotonic),
    };
    return { kind: "append", record: encodeLeaseRecord(record) };
  };

  /** Walks over all keys once in `refreshEveryMs`, and has the own ones appended again. */
  const refresh = (now: number, isOwn: (key: string) => boolean): string[] => {
    const keys: string[] = [];
    const sinceMs = now - (refreshedAt ?? now);
    const count = Math.floor((picture.size * sinceMs) / rules.refreshEveryMs);
    refreshedAt ??= now;
    if (count === 0) return keys;
    refreshedAt = now;
    for (let i = 0; i < count; i++) {
      const key = picture.keyAt(refreshSlot);
      refreshSlot = (refreshSlot + 1) % picture.size;
      if (key !== "" && isOwn(key)) keys.push(key);
    }
    return keys;
  };

  /** Whether this replica may decide on keys now; on which at all, and on which for all. */
  const choose = ({ monotonic }: Instant, isBusy: (key: string) => boolean) => {
    const isFresh = phase === "up" && fence.isFresh(monotonic);
    const isFree = (key: string): boolean => isFresh && !isBusy(key);
    const isOwn = (key: string): boolean => isFree(key) && picture.ownerOf(key) === replica;
    return { isFresh, isFree, isOwn };
  };

  const judged = (isOwn: (key: string) => boolean): LeaseEffect[] => {
    const effects: LeaseEffect[] = [];
    for (const { kind, key, beatAt } of picture.due(isOwn)) {
      if (unrecorded.has(key)) continue;
      const lastBeatAt = picture.appendTimeOf(beatAt);
      if (kind === "lapse") effects.push({ kind, key, covers: picture.readTo, lastBeatAt });
      else effects.push({ kind, key, lastBeatAt });
    }
    return effects;
  };

  return {
    readRecord(offset, appendedAt, record, { wall }) {
      picture.readRecord(offset, appendedAt, record);
      if (record.replica === replica) readOwn(record, appendedAt, wall);
    },
    readChange: picture.readChange,
    readLast: (key, isWinner, { monotonic }) => strays.read(key, isWinner, monotonic),
    caughtUp({ wall }) {
      incarnation = Math.max(picture.incarnationOf(replica) + 1, wall * 1024 + (salt % 1024));
      // What the log does not reach back to may have held beats: no answer is never read as offline.
      if (picture.spanMs < profile.maxLeaseMs) picture.beginUnknown();
      phase = "up";
    },
    leave() {
      if (phase !== "left") phase = "leaving";
    },
    get hasLeft() {
      return phase === "left";
    },
    get isSkewed() {
      return isSkewed;
    },
    refusal(monotonic) {
      if (phase === "starting") return "it is still reading its logs";
      if (phase !== "up") return "it is stopping";
      return fence.mayAnswer(monotonic) ? undefined : "it does not hear its own records from the event log";
    },
    beat: unrecorded.add,
    judge: (now, isBusy) => (phase === "up" ? judged(choose(now, isBusy).isOwn) : []),
    tick(now, isBusy, isIdle) {
      if (phase === "starting" || phase === "left") return [];
      const { isFresh, isFree, isOwn } = choose(now, isBusy);
      const effects = judged(isOwn);
      for (const key of strays.due(now.monotonic, isOwn, isFree)) effects.push({ kind: "restate", key });
      if (isFresh) for (const key of refresh(now.monotonic, isOwn)) effects.push({ kind: "restate", key });
      if (isIdle) effects.push(cut(now));
      return effects;
    },
    lastSequence: picture.lastSequence,
    toldMsOf: picture.toldMsOf,
    markOf: picture.markOf,
    isStray: strays.has,
    forget: picture.forget,
  };
};
