import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { decodeMessage } from "../runtime/codec.ts";
import { intervalOf, type LeaseProfile } from "../runtime/replicated/lease-profile.ts";
import type { Evidence } from "./evidence.ts";
import type { SentBeat } from "./witness.ts";

/** What became of the promises about who is online. */
export type PresenceVerdict = {
  readonly falselyOffline: number;
  /** Devices that fell silent while they were online. */
  readonly silent: number;
  /** From the end of a silent device's lease until it was told offline, of the worst one. */
  readonly worstMs: number | undefined;
  readonly findings: readonly string[];
};

type Telling = { readonly at: number; readonly isOnline: boolean; readonly reason: string };
type Gap = { readonly from: number; readonly to: number };

// As docs/reliability.md promises.
const afterCrashMs = 15_000;
const floorMs = 5000;
const longGapMs = 2000;
// A record moves lease time by no more.
const stepMs = 500;

const tellingsOf = ({ heartbeats }: Evidence): ReadonlyMap<string, readonly Telling[]> => {
  const tellings = new Map<string, Telling[]>();
  for (const { key, value, timestamp: at } of heartbeats) {
    const { is_online: isOnline, reason } = decodeMessage(Heartbeat, value ?? new Uint8Array());
    const before = tellings.get(key);
    if (before === undefined) tellings.set(key, [{ at, isOnline, reason }]);
    else before.push({ at, isOnline, reason });
  }
  return tellings;
};

const gapsIn = (times: readonly number[]): readonly Gap[] =>
  times.slice(1).flatMap((to, i) => {
    const from = times[i] as number;
    return to - from > stepMs ? [{ from, to }] : [];
  });

/** The beats sent online before a moment, after the last that was not. */
const onlineBefore = (beats: readonly SentBeat[], at: number): readonly SentBeat[] => {
  const sent = beats.filter(({ sentAt }) => sentAt <= at);
  return sent.slice(sent.findLastIndex(({ isOnline }) => !isOnline) + 1);
};

/** Whether each beat ended, and the next one is not yet due, within an interval of the one before, for one lease. */
const keptCadence = (beats: readonly SentBeat[], at: number, { leaseMs }: LeaseProfile): boolean => {
  const intervalMs = intervalOf(leaseMs);
  const first = beats.findLastIndex(({ sentAt }) => sentAt <= at - leaseMs);
  const counted = beats.slice(Math.max(first, 0));
  const last = counted.at(-1);
  return (
    last !== undefined &&
    at - last.sentAt <= intervalMs &&
    counted.slice(1).every(({ endedAt }, i) => endedAt - (counted[i] as SentBeat).sentAt <= intervalMs)
  );
};

/** A device that keeps its cadence is online; one that only tries to, while nobody can append and for a while after. */
const isHeld = (beats: readonly SentBeat[], at: number, gaps: readonly Gap[], profile: LeaseProfile): boolean => {
  const online = onlineBefore(beats, at);
  const answered = online.filter(({ isAcknowledged }) => isAcknowledged);
  if (keptCadence(answered, at, profile)) return true;
  const untilMs = floorMs + intervalOf(profile.leaseMs);
  const isExcused = gaps.some(({ from, to }) => to - from > longGapMs && from <= at && at < to + untilMs);
  return isExcused && answered.length > 0 && keptCadence(online, at, profile);
};

/** By how much lease time stood still from one moment to another. */
const standstill = (gaps: readonly Gap[], from: number, to: number): number =>
  gaps.reduce((sum, gap) => {
    const overlap = Math.min(gap.to, to) - Math.max(gap.from, from);
    return sum + Math.max(0, overlap);
  }, 0);

/**
 * Judges every TIMEOUT by the beats that the device's own side knows to be answered, and the end of every device that
 * fell silent. What the promises allow is added by the append times of the lease log.
 */
export const judgePresence = (
  evidence: Evidence,
  beatsOf: ReadonlyMap<string, readonly SentBeat[]>,
  profile: LeaseProfile,
): PresenceVerdict => {
  const gaps = gapsIn(evidence.leaseTimes);
  const tellings = tellingsOf(evidence);
  const promisedMs = afterCrashMs + intervalOf(profile.leaseMs);
  const findings: string[] = [];
  let falselyOffline = 0;
  let silent = 0;
  let worstMs: number | undefined;

  for (const [key, beats] of beatsOf) {
    const told = tellings.get(key) ?? [];
    for (const { at, reason } of told) {
      if (reason !== "TIMEOUT" || !isHeld(beats, at, gaps, profile)) continue;
      falselyOffline += 1;
      findings.push(`${key} was falsely offline at ${new Date(at).toISOString()}`);
    }
    const last = beats.at(-1);
    const end = told.at(-1);
    if (last === undefined || end?.reason !== "TIMEOUT") continue;
    silent += 1;
    const afterMs = end.at - last.endedAt - profile.leaseMs;
    worstMs = Math.max(worstMs ?? 0, afterMs);
    const allowedMs = promisedMs + standstill(gaps, last.sentAt, end.at);
    if (afterMs > allowedMs) findings.push(`${key} was offline ${afterMs} ms after its lease, not within ${allowedMs}`);
  }
  return { falselyOffline, silent, worstMs, findings };
};
