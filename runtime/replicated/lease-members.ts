import type { LeaseClock } from "./lease-clock.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { LeaseRules } from "./lease-rules.ts";
import { bid, hashText } from "./rendezvous.ts";

type Member = {
  readonly hash: number;
  incarnation: number;
  number: number;
  /** Lease time of its last record. */
  seenAt: number;
  /** Every beat it took before this lease time is in its records. */
  coveredTo: number;
  isEligible: boolean;
  isLeaving: boolean;
  /** It fell silent without a farewell, and that has been told. */
  isDead: boolean;
  /** The count of its last beat that was counted. */
  counted: number;
};

/** Who is there, as the lease log tells it. */
export type LeaseMembers = {
  /** Takes a record, at the clock's present time. Gives the count up to which its beats are known; `undefined` for an old record. */
  read(record: LeaseRecord): number | undefined;
  /** Lease times of the last records of those who have died uncleanly since the last call. */
  deaths(): readonly number[];
  /** Everything that was beaten before this lease time, at a replica that may still answer, is in the log. */
  readonly coveredTo: number;
  /** The eligible replica with the highest bid for a key of this hash. */
  ownerOf(keyHash: number): string | undefined;
  incarnationOf(replica: string): number;
};

export const createLeaseMembers = (rules: LeaseRules, clock: LeaseClock): LeaseMembers => {
  const members = new Map<string, Member>();
  const died: number[] = [];

  const isLive = (member: Member): boolean => !member.isLeaving && clock.now - member.seenAt <= rules.deadMs;

  const bury = (member: Member): void => {
    if (member.isDead) return;
    member.isDead = true;
    if (!member.isLeaving) died.push(member.seenAt);
  };

  return {
    read(record) {
      let member = members.get(record.replica);
      if (member === undefined) {
        member = {
          hash: hashText(record.replica),
          incarnation: record.incarnation,
          number: 0,
          seenAt: clock.now,
          coveredTo: Number.NEGATIVE_INFINITY,
          isEligible: false,
          isLeaving: false,
          isDead: false,
          counted: 0,
        };
        members.set(record.replica, member);
      }
      if (record.incarnation < member.incarnation) return undefined;
      if (record.incarnation > member.incarnation) {
        bury(member);
        member.incarnation = record.incarnation;
        member.number = 0;
        member.counted = 0;
      }
      if (record.number <= member.number) return undefined;
      member.number = record.number;
      member.seenAt = clock.now;
      member.coveredTo = clock.whenRead(record.read);
      member.isEligible = record.isEligible;
      member.isLeaving = record.isLeaving;
      member.isDead = false;
      const { counted } = member;
      member.counted = Math.max(counted, record.beats.at(-1)?.count ?? 0);
      return counted;
    },
    deaths() {
      for (const [name, member] of members) {
        const silentMs = clock.now - member.seenAt;
        if (silentMs > rules.deadMs) bury(member);
        // Long enough for its late records to be told from new ones.
        if (silentMs > 60 * rules.deadMs) members.delete(name);
      }
      return died.splice(0);
    },
    get coveredTo() {
      let covered = Number.POSITIVE_INFINITY;
      for (const member of members.values()) if (isLive(member)) covered = Math.min(covered, member.coveredTo);
      return covered === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : covered;
    },
    ownerOf(keyHash) {
      let [owner, highest]: [string | undefined, number] = [undefined, -1];
      for (const [name, member] of members) {
        if (!member.isEligible || member.isLeaving || clock.now - member.seenAt >= rules.eligibleMs) continue;
        const offer = bid(keyHash, member.hash);
        if (offer > highest || (offer === highest && owner !== undefined && name > owner)) {
          [owner, highest] = [name, offer];
        }
      }
      return owner;
    },
    incarnationOf: (replica) => members.get(replica)?.incarnation ?? 0,
  };
};
