import { expect } from "chai";
import { createLeasePicture, type LeasePicture } from "./lease-picture.ts";
import { leaseProfiles } from "./lease-profile.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { leaseRules } from "./lease-rules.ts";

const profile = leaseProfiles.short;
const key = "u/phone";

describe("the lease picture", () => {
  let picture: LeasePicture;
  let offset = 0;
  let numbers: Record<string, number> = {};

  beforeEach(() => {
    picture = createLeasePicture(leaseRules, profile);
    offset = 0;
    numbers = {};
  });

  /** A record of a replica, appended then; it has read everything before it unless told otherwise. */
  const append = (replica: string, at: number, more: Partial<LeaseRecord> = {}): number => {
    numbers[replica] = (numbers[replica] ?? 0) + 1;
    picture.readRecord(offset, at, {
      replica,
      incarnation: 1,
      number: numbers[replica],
      read: offset - 1,
      isEligible: true,
      isLeaving: false,
      beats: [],
      ...more,
    });
    return offset++;
  };
  const beat = (count: number, ageMs: number) => ({
    key,
    count,
    ageMs,
    leaseMs: profile.leaseMs,
    toldMs: profile.leaseMs,
    session: 0,
    sequence: 0,
  });
  const standing = (isHeld: boolean, covers?: number) => ({
    isHeld,
    covers,
    leaseMs: undefined,
    toldMs: undefined,
    session: 0,
    sequence: 0,
    appendedAt: undefined,
  });
  const due = (): readonly string[] => picture.due(() => true).map(({ kind }) => kind);

  /** A key that was beaten at the beginning, and has lapsed; gives where `late` had read to before it fell behind. */
  const lapsed = (): number => {
    append("late", 0);
    append("other", 0);
    const read = append("late", 250, { beats: [beat(1, 0)] });
    picture.readChange(key, standing(true));
    let kinds: readonly string[] = [];
    for (let at = 500; !kinds.includes("lapse"); at += 250) {
      append("other", at);
      kinds = due();
      expect(at).to.be.lessThan(60_000);
    }
    picture.readChange(key, standing(false, picture.readTo));
    return read;
  };
  const now = (): number => picture.appendTimeOf(Number.MAX_SAFE_INTEGER);

  it("given a lapsed key, when a beat of now is told, then it is put right", () => {
    lapsed();
    append("other", now() + 250, { beats: [beat(1, 100)] });
    expect(due()).to.deep.equal(["reassert"]);
  });

  it("given a lapsed key, when a record that was cut long before tells of a beat, then it stays lapsed", () => {
    const read = lapsed();
    append("late", now() + 250, { read, beats: [beat(2, 100)] });
    expect(due()).to.deep.equal([]);
  });
});
