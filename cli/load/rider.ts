import type { Outcome } from "./outcome.ts";
import type { Random } from "./random.ts";
import { isSameSaid, type Said } from "./said.ts";

/** A device of the Turkey Burn as it knows itself. */
export type Rider = {
  readonly userId: string;
  readonly deviceId: string;
  /** What it wants the mesh to know; told with every beat. */
  readonly wish: Said;
  /** The profiles it has had. */
  readonly changes: number;
  /** Beats it still leaves out after a leave. */
  readonly beatsAway: number;
  /** The version of its last reply. */
  readonly version: bigint;
  /** Of its last beat; a rider has one session, and counts what it says again as well. */
  readonly sequence: bigint;
  readonly acknowledged: Said | undefined;
  /** What it said after the last acknowledged heartbeat, in beats of unknown outcome. */
  readonly unknown: readonly Said[];
  /** It has fallen silent without a leave, for good. */
  readonly isSilent: boolean;
};

/** The shares of beats that change the profile, that say goodbye, and in place of which the rider falls silent for good. */
export type Habits = { readonly change: number; readonly leave: number; readonly silence?: number };

const maxBeatsAway = 3;
const bikes = ["steel", "carbon", "gravel", "tandem"];

/** Nobody yet: its first beat is its join. */
export const newRider = (userId: string, deviceId: string): Rider => ({
  userId,
  deviceId,
  wish: { isOnline: true, profile: profileOf(userId, 0) },
  changes: 0,
  beatsAway: 0,
  version: 0n,
  sequence: 0n,
  acknowledged: undefined,
  unknown: [],
  isSilent: false,
});

/** No two profiles of a rider are alike, so an old one is recognised as such. */
const profileOf = (userId: string, change: number): Said["profile"] => ({
  attr1: userId,
  attr2: `profile ${change}`,
  attributes: { bike: bikes[change % bikes.length] as string },
});

/** What comes of a beat's time: the rider from then on, and whether it tells its wish. */
export type Step = { readonly rider: Rider; readonly isBeat: boolean };

/**
 * What a rider does when its next beat is due. One whose leave was taken is silent for some beats and comes back;
 * any other repeats its wish, which now and then is a new profile or a leave. So the beat after one that failed
 * is its retry.
 */
export const nextStep = (before: Rider, habits: Habits, random: Random): Step => {
  if (before.isSilent) return { rider: before, isBeat: false };
  if (before.beatsAway > 0) return { rider: { ...before, beatsAway: before.beatsAway - 1 }, isBeat: false };
  const rider = { ...before, sequence: before.sequence + 1n };
  const { wish, acknowledged } = rider;
  if (!wish.isOnline) {
    const hasLeft = acknowledged?.isOnline === false && rider.unknown.length === 0;
    return { rider: hasLeft ? withWish(rider, { ...wish, isOnline: true }) : rider, isBeat: true };
  }
  if (acknowledged === undefined) return { rider, isBeat: true };
  const drawn = random();
  if (drawn < habits.leave) return { rider: withWish(rider, { ...wish, isOnline: false }), isBeat: true };
  if (drawn >= 1 - (habits.silence ?? 0)) return { rider: { ...before, isSilent: true }, isBeat: false };
  if (drawn >= habits.leave + habits.change) return { rider, isBeat: true };
  const changes = rider.changes + 1;
  return {
    rider: { ...withWish(rider, { ...wish, profile: profileOf(rider.userId, changes) }), changes },
    isBeat: true,
  };
};

const withWish = (rider: Rider, wish: Said): Rider => ({ ...rider, wish });

/** The rider after the answer to a beat that said `said`, or after the want of one. */
export const afterBeat = (rider: Rider, said: Said, outcome: Outcome, random: Random): Rider => {
  switch (outcome.kind) {
    case "acknowledged": {
      const beatsAway = said.isOnline ? 0 : 1 + Math.floor(random() * maxBeatsAway);
      return { ...rider, acknowledged: said, unknown: [], version: outcome.version, beatsAway };
    }
    case "refused":
      return rider;
    case "unknown":
      return rider.unknown.some((each) => isSameSaid(each, said))
        ? rider
        : { ...rider, unknown: [...rider.unknown, said] };
  }
};
