/** The beats that started in one short stretch of time. */
export type Slot = {
  /** Milliseconds since the start of the run. */
  readonly at: number;
  readonly beats: number;
  readonly acknowledged: number;
  readonly connectionFailures: number;
};

export type Share = {
  /** Beats outside every fault window, and those of them that were acknowledged. */
  readonly beats: number;
  readonly acknowledged: number;
  /** Beats inside a fault window. */
  readonly excused: number;
};

const required = 0.99;

/** Counts the beats that started further than the window, before or after, from any connection failure. */
export const shareOf = (slots: readonly Slot[], windowMs: number): Share => {
  const failures = windowMs > 0 ? slots.filter((slot) => slot.connectionFailures > 0) : [];
  const share = { beats: 0, acknowledged: 0, excused: 0 };
  for (const { at, beats, acknowledged } of slots) {
    if (failures.some((failure) => Math.abs(failure.at - at) <= windowMs)) share.excused += beats;
    else {
      share.beats += beats;
      share.acknowledged += acknowledged;
    }
  }
  return share;
};

/** At least 99 % of the beats that count were acknowledged. */
export const isServed = ({ beats, acknowledged }: Share): boolean => acknowledged >= beats * required;
