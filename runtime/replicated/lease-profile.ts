import type { LeaseWish } from "../component/lease.ts";

/** How long a beat holds a key, and what a caller may ask for. */
export type LeaseProfile = {
  /** Without a wish of the caller. */
  readonly leaseMs: number;
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
};

/** A lease outlasts its beat by so many intervals: two beats may be lost, or come late. */
export const intervalsInLease = 2.5;

/** Browsers slow the timers of hidden pages down to about one a minute. */
const backgroundLeaseMs = 75_000;

/** Ready profiles, by what the devices are used for. */
export const leaseProfiles = {
  live: { leaseMs: 25_000, minLeaseMs: 10_000, maxLeaseMs: 300_000 },
  default: { leaseMs: 75_000, minLeaseMs: 10_000, maxLeaseMs: 750_000 },
  iot: { leaseMs: 750_000, minLeaseMs: 10_000, maxLeaseMs: 3_600_000 },
  /** For tests, and to watch a device go offline. */
  short: { leaseMs: 2500, minLeaseMs: 1000, maxLeaseMs: 300_000 },
} as const satisfies Record<string, LeaseProfile>;

/** The lease a beat gets: the caller's wish within the bounds of the profile. */
export const grantedLeaseMs = (profile: LeaseProfile, { ttlMs, isBackground = false }: LeaseWish): number => {
  const wished = Math.min(Math.max(ttlMs ?? profile.leaseMs, profile.minLeaseMs), profile.maxLeaseMs);
  return Math.round(isBackground ? Math.min(Math.max(wished, backgroundLeaseMs), profile.maxLeaseMs) : wished);
};

export const intervalOf = (leaseMs: number): number => leaseMs / intervalsInLease;
