import type { LeaseMark } from "../entity/host.ts";
import { createDueWheel } from "./due-wheel.ts";
import { createLeaseClock } from "./lease-clock.ts";
import { createLeaseKeys, Standing } from "./lease-keys.ts";
import { createLeaseMembers } from "./lease-members.ts";
import { intervalOf, type LeaseProfile } from "./lease-profile.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { LeaseRules } from "./lease-rules.ts";

/** A change of the register that its fold took, as far as leases go. */
export type LeaseChange = {
  readonly isHeld: boolean;
  /** The offset of the lease log that was counted up to, of a change that let a lease lapse. */
  readonly covers: number | undefined;
  readonly leaseMs: number | undefined;
  readonly toldMs: number | undefined;
  readonly session: number;
  readonly sequence: number;
  /** Append time; `undefined` when it tells nothing of a beat, as of a record that was appended again. */
  readonly appendedAt: number | undefined;
};

/** A key that must change: its lease is over, or it was shown offline while a beat of it stands in the log. */
export type Due = { readonly kind: "lapse" | "reassert"; readonly key: string; readonly beatAt: number };

/** What every replica computes alike from the lease log and the register's log. */
export type LeasePicture = {
  readRecord(offset: number, appendedAt: number, record: LeaseRecord): void;
  readChange(key: string, change: LeaseChange): void;
  /** Leases of keys that no beat is known of begin now. */
  beginUnknown(): void;
  /** What the owner of these keys must do now; a key comes again until the register has changed. */
  due(isOwn: (key: string) => boolean): readonly Due[];
  ownerOf(key: string): string | undefined;
  incarnationOf(replica: string): number;
  /** The last known sequence of a session of a key; undefined when another session, or none, was last. */
  lastSequence(key: string, session: number): number | undefined;
  /** The lease whose interval the device was told last; 0 for none. */
  toldMsOf(key: string): number;
  /** What a record that says again what stands tells of the key's lease. */
  markOf(key: string): LeaseMark | undefined;
  /** The register holds nothing of the key any more. */
  forget(key: string): void;
  appendTimeOf(time: number): number;
  readonly spanMs: number;
  readonly readTo: number;
  readonly size: number;
  keyAt(slot: number): string;
};

export const createLeasePicture = (rules: LeaseRules, profile: LeaseProfile): LeasePicture => {
  const maxSlackMs = rules.deathSlackMs + intervalOf(profile.maxLeaseMs);
  const clock = createLeaseClock(rules, profile.maxLeaseMs + maxSlackMs);
  const members = createLeaseMembers(rules, clock);
  const keys = createLeaseKeys();
  const wheel = createDueWheel();
  const suspects = new Set<number>();
  let readTo = -1;
  /** Nothing lapses before this and one interval of its own. */
  let floor = Number.NEGATIVE_INFINITY;

  const deadlineOf = (slot: number): number => {
    const leaseMs = keys.get("leaseMs", slot) || profile.leaseMs;
    const interval = intervalOf(leaseMs);
    const plain = keys.get("beatAt", slot) + leaseMs;
    return Math.max(plain, Math.min(floor + interval, plain + rules.deathSlackMs + interval));
  };

  /** Whether the register shows the key offline although a beat behind that stands in the log. */
  const isWronged = (slot: number): boolean => {
    const standing = keys.standing(slot);
    if (standing === Standing.lapsed) return keys.get("beatOffset", slot) > keys.get("mark", slot);
    if (standing !== Standing.ended || keys.get("endSession", slot) === 0) return false;
    return (
      keys.get("beatSession", slot) === keys.get("endSession", slot) &&
      keys.get("beatSequence", slot) > keys.get("mark", slot)
    );
  };

  const watch = (slot: number): void => {
    if (isWronged(slot)) suspects.add(slot);
    if (keys.standing(slot) === Standing.held) wheel.add(slot, deadlineOf(slot));
  };

  const holdFrom = (slot: number, time: number, leaseMs: number, toldMs: number): void => {
    if (keys.get("beatAt", slot) >= time) return;
    keys.set("beatAt", slot, time);
    keys.set("leaseMs", slot, leaseMs);
    keys.set("toldMs", slot, toldMs);
  };

  const takeBeat = (slot: number, offset: number, session: number, sequence: number): void => {
    keys.set("beatOffset", slot, offset);
    if (session === 0) return;
    const isSame = keys.get("beatSession", slot) === session;
    keys.set("beatSequence", slot, isSame ? Math.max(sequence, keys.get("beatSequence", slot)) : sequence);
    keys.set("beatSession", slot, session);
  };

  return {
    readRecord(offset, appendedAt, record) {
      const { isGap } = clock.advance(offset, appendedAt);
      readTo = offset;
      if (isGap) floor = Math.max(floor, clock.now + rules.deadMs);
      const counted = members.read(record);
      if (counted !== undefined) {
        // A record may be long on its way. Its beats were answered before it was cut, and within the fence of a record
        // that had been read by then.
        const latest = clock.whenRead(record.read) + rules.fenceMs + rules.stepMs;
        for (const beat of record.beats) {
          if (beat.count <= counted) continue;
          const slot = keys.slotOf(beat.key);
          holdFrom(slot, Math.min(clock.now - beat.ageMs, latest), beat.leaseMs, beat.toldMs);
          takeBeat(slot, offset, beat.session, beat.sequence);
          watch(slot);
        }
      }
      for (const seenAt of members.deaths()) floor = Math.max(floor, seenAt + rules.deathSlackMs);
    },
    readChange(key, { isHeld, covers, leaseMs, toldMs, session, sequence, appendedAt }) {
      const slot = keys.slotOf(key);
      if (isHeld) {
        keys.stand(slot, Standing.held);
        const time = appendedAt === undefined ? Number.NEGATIVE_INFINITY : clock.whenAppended(appendedAt);
        const lease = leaseMs ?? (keys.get("leaseMs", slot) || profile.leaseMs);
        holdFrom(slot, time, lease, toldMs ?? lease);
        if (session !== 0) takeBeat(slot, keys.get("beatOffset", slot), session, sequence);
      } else if (covers !== undefined) {
        keys.stand(slot, Standing.lapsed);
        keys.set("mark", slot, covers);
      } else {
        keys.stand(slot, Standing.ended);
        keys.set("mark", slot, sequence);
        keys.set("endSession", slot, session);
      }
      watch(slot);
    },
    beginUnknown() {
      for (let slot = 0; slot < keys.size; slot++) {
        const beatAt = keys.get("beatAt", slot);
        if (keys.standing(slot) === Standing.held && !(beatAt > Number.NEGATIVE_INFINITY)) {
          keys.set("beatAt", slot, clock.now);
          watch(slot);
        }
      }
    },
    due(isOwn) {
      const all: Due[] = [];
      const { coveredTo } = members;
      for (const slot of wheel.take(clock.now)) {
        if (keys.standing(slot) !== Standing.held) continue;
        const isOver = coveredTo > Number.NEGATIVE_INFINITY && deadlineOf(slot) <= coveredTo;
        if (isOver && isOwn(keys.keyOf(slot)))
          all.push({ kind: "lapse", key: keys.keyOf(slot), beatAt: keys.get("beatAt", slot) });
        watch(slot);
      }
      for (const slot of suspects) {
        // A beat that was told of so late that its lease is over as well rights nothing.
        if (!isWronged(slot) || deadlineOf(slot) <= clock.now) suspects.delete(slot);
        else if (isOwn(keys.keyOf(slot)))
          all.push({ kind: "reassert", key: keys.keyOf(slot), beatAt: keys.get("beatAt", slot) });
      }
      return all;
    },
    ownerOf: (key) => members.ownerOf(keys.get("hash", keys.slotOf(key))),
    incarnationOf: members.incarnationOf,
    lastSequence(key, session) {
      const slot = keys.find(key);
      if (slot === undefined || session === 0) return undefined;
      const isEnded = keys.standing(slot) === Standing.ended && keys.get("endSession", slot) === session;
      const ended = isEnded ? keys.get("mark", slot) : -1;
      const beaten = keys.get("beatSession", slot) === session ? keys.get("beatSequence", slot) : -1;
      const last = Math.max(ended, beaten);
      return last < 0 ? undefined : last;
    },
    toldMsOf(key) {
      const slot = keys.find(key);
      return slot === undefined ? 0 : keys.get("toldMs", slot);
    },
    markOf(key) {
      const slot = keys.find(key);
      switch (slot === undefined ? Standing.unknown : keys.standing(slot)) {
        case Standing.held:
          return {
            leaseMs: keys.get("leaseMs", slot as number),
            toldMs: keys.get("toldMs", slot as number),
            session: keys.get("beatSession", slot as number),
            sequence: keys.get("beatSequence", slot as number),
          };
        case Standing.lapsed:
          return { covers: keys.get("mark", slot as number) };
        case Standing.ended:
          return { session: keys.get("endSession", slot as number), sequence: keys.get("mark", slot as number) };
        default:
          return undefined;
      }
    },
    forget(key) {
      const slot = keys.find(key);
      if (slot === undefined) return;
      suspects.delete(slot);
      keys.free(key);
    },
    appendTimeOf: clock.appendTimeOf,
    get spanMs() {
      return clock.spanMs;
    },
    get readTo() {
      return readTo;
    },
    get size() {
      return keys.size;
    },
    keyAt: keys.keyOf,
  };
};
