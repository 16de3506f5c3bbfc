import type { Rider } from "./rider.ts";
import { isSameSaid, type Said } from "./said.ts";

/** A device as the view shows it. */
export type Row = Said & { readonly userId: string; readonly deviceId: string };

/** A rider that the view shows as it was neither acknowledged nor attempted later. */
export type Loss = {
  readonly userId: string;
  readonly expected: Said;
  readonly found: Said;
  /** Acknowledged as online, shown as offline. */
  readonly isFalselyOffline: boolean;
};

/** What the view knows of the riders, against what they were told. */
export type Verdict = {
  readonly compared: number;
  readonly lost: readonly Loss[];
  /** Compared riders that are shown as a later attempt of unknown outcome says. */
  readonly unknown: number;
  /** Acknowledged, and not in the view. */
  readonly missing: readonly string[];
  readonly neverAcknowledged: readonly string[];
};

/**
 * Compares each rider with its row: it shows the last acknowledged heartbeat or a later one of unknown outcome; of a
 * silent rider, that it is offline.
 */
export const judge = (riders: readonly Rider[], rows: readonly Row[]): Verdict => {
  const rowOf = new Map(rows.map((row) => [nameOf(row), row]));
  const lost: Loss[] = [];
  const missing: string[] = [];
  const neverAcknowledged: string[] = [];
  let compared = 0;
  let unknown = 0;

  for (const rider of riders) {
    const { userId } = rider;
    const expected = rider.acknowledged && atRest(rider, rider.acknowledged);
    const found = rowOf.get(nameOf(rider));
    if (expected === undefined) neverAcknowledged.push(userId);
    else if (found === undefined) missing.push(userId);
    else {
      compared += 1;
      if (isSameSaid(found, expected)) continue;
      if (rider.unknown.some((said) => isSameSaid(found, atRest(rider, said)))) unknown += 1;
      else lost.push({ userId, expected, found, isFalselyOffline: expected.isOnline && !found.isOnline });
    }
  }
  return { compared, lost, unknown, missing, neverAcknowledged };
};

/** Nobody says goodbye for a rider that has fallen silent: its lease ends. */
const atRest = ({ isSilent }: Rider, said: Said): Said => (isSilent ? { ...said, isOnline: false } : said);

const nameOf = ({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }): string =>
  JSON.stringify([userId, deviceId]);

/** Nothing more to wait for: every acknowledged rider is in the view, as it should be. */
export const isSettled = ({ lost, missing }: Verdict): boolean => lost.length === 0 && missing.length === 0;

/** Every rider was compared, and none is lost. */
export const isKept = (verdict: Verdict): boolean => isSettled(verdict) && verdict.neverAcknowledged.length === 0;
