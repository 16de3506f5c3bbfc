/** The times of the lease protocol, in milliseconds. They belong together: change one only with `make sim`. */
export type LeaseRules = {
  /** How often a replica appends a record to the lease log. */
  readonly appendEveryMs: number;
  /** A replica answers only so long after the sending of its newest record that it has read back. */
  readonly fenceMs: number;
  /** A replica is eligible to own keys while its own record comes back within this. */
  readonly eligibleMs: number;
  /** A replica without a record for so long is dead. Longer than the fence, or a dead one could still answer. */
  readonly deadMs: number;
  /** One record moves lease time by this much at most. */
  readonly stepMs: number;
  /** Records further apart than this are a gap: nobody could have told of a beat meanwhile. */
  readonly gapMs: number;
  /** After an unclean death nothing lapses before the last record of the dead, this, and one interval. */
  readonly deathSlackMs: number;
  /** How long the author of a change that came between has to write it again before the owner does. */
  readonly repairAfterMs: number;
  /** Every entry is appended again about so often. */
  readonly refreshEveryMs: number;
};

export const leaseRules: LeaseRules = {
  appendEveryMs: 250,
  fenceMs: 3000,
  eligibleMs: 2000,
  deadMs: 5000,
  stepMs: 500,
  gapMs: 2000,
  deathSlackMs: 10_000,
  repairAfterMs: 1000,
  refreshEveryMs: 24 * 3_600_000,
};
