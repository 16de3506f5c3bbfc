import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "../cli/load/random.ts";
import type { Result } from "../cli/load/report.ts";
import { type LoadOptions, runLoad } from "../cli/load/run-load.ts";
import { diagnosisOf } from "./diagnosis.ts";
import { type Evidence, readEngines, readView } from "./evidence.ts";
import { brokenIn, unsettledIn } from "./findings.ts";
import { judgePresence, type PresenceVerdict } from "./presence.ts";
import { whenRecovered } from "./probes.ts";
import type { Stage } from "./stage.ts";
import { createWitness, type SentBeat } from "./witness.ts";

/** How hard, and how long. Times are milliseconds. */
export type Ride = Pick<LoadOptions, "riders" | "intervalMs" | "habits" | "rampMs"> & {
  /** The fault is made at some moment between these. */
  readonly from: number;
  readonly until: number;
  /** A beat counts as of unknown outcome after it. */
  readonly deadlineMs?: number;
  /** The riders go on so long after everything works again. */
  readonly after: number;
};

/** What became of one fault under load. */
export type Round = {
  readonly seed: number;
  /** Milliseconds from the start of the ride to the fault. */
  readonly at: number;
  readonly parts: readonly string[];
  /** Until what was taken away was there again. */
  readonly lasted: number;
  /** From the fault until heartbeats of new devices reached the view. */
  readonly recovered: number;
  readonly result: Result;
  /** Everything that is not as it should be; riders that are lost are in the verdict. */
  readonly findings: readonly string[];
  readonly presence: PresenceVerdict;
  /** Of the lost riders. */
  readonly diagnosis: string;
};

const recoverWithinMs = 90_000;
const settleWithinMs = 60_000;
const workWithinMs = 30_000;
const pollMs = 500;
const hourMs = 3_600_000;

/** The keys whose last acknowledged heartbeat the view does not show. */
export const lostOf = ({ settled: { verdict } }: Result): readonly string[] =>
  [...verdict.lost.map(({ userId }) => userId), ...verdict.missing].map((userId) => `${userId}/phone`);

const gather = async (stage: Stage): Promise<Evidence> => {
  const rows = await readView(stage.view);
  return { ...(await stage.inspect(readEngines)), rows };
};

/** Looks until everything has come to rest, or the time is up. */
const whenAtRest = async (stage: Stage): Promise<Evidence> => {
  for (const deadline = Date.now() + workWithinMs; ; await delay(pollMs)) {
    const evidence = await gather(stage);
    if (unsettledIn(evidence).length === 0 || Date.now() >= deadline) return evidence;
  }
};

/** Rides on a running stage, makes its fault at a random moment, and looks at everything afterwards. */
export const runRound = async (
  stage: Stage,
  ride: Ride,
  seed: number,
  tell: (text: string) => void,
): Promise<Round> => {
  const random = createRandom(seed);
  const prefix = `s${seed.toString(36)}-`;
  const mesh = stage.connect(random);
  const witness = createWitness(mesh);
  const stopping = new AbortController();
  const { riders, intervalMs, rampMs, habits, from, until, after, deadlineMs = 5000 } = ride;
  const plan = { riders, intervalMs, rampMs, habits, prefix, seed, deadlineMs, maxOpen: 20_000 };
  const options = {
    ...plan,
    durationMs: hourMs,
    faultWindowMs: 0,
    settleMs: settleWithinMs,
    areLeasesAwaited: stage.profile.leaseMs < settleWithinMs,
  };
  const riding = runLoad(options, witness.client, () => {}, stopping.signal);
  try {
    const at = from + random() * (until - from);
    await delay(at);
    const startedAt = performance.now();
    // Named before the fault: a part has another pid after it.
    const parts = (await stage.begin(random)).map(({ name, pid }) => `${name}:${pid}`);
    tell(`${new Date().toISOString()} ${(at / 1000).toFixed(1)} s into the ride: ${parts.join(" ")}\n`);
    const recovering = whenRecovered(mesh, prefix, recoverWithinMs);
    recovering.catch(() => {});
    await stage.mend(random);
    const lasted = performance.now() - startedAt;
    const recovered = await recovering;
    await delay(after);
    stopping.abort();
    const result = await riding;
    const evidence = await whenAtRest(stage);
    const presence = judgePresence(evidence, witness.beats(), stage.profile);
    const failed = [...result.tally.counts.errors].map(([code, count]) => `${count} calls ended as ${code}`);
    const failing = failed.length === 0 ? [] : [...failed, `they were sent ${spanOf(witness.beats())}`];
    const findings = [
      ...presence.findings,
      ...(stage.isSeamless ? failing : []),
      ...stage.died().map((name) => `${name} has ended by itself`),
      ...result.settled.verdict.neverAcknowledged.map((userId) => `${userId} was never acknowledged`),
      ...witness.contradictions,
      ...unsettledIn(evidence),
      ...brokenIn(evidence, witness.acknowledged()),
    ];
    const suspects = [...new Set([...lostOf(result), ...keysIn(findings)])];
    return {
      seed,
      at,
      parts,
      lasted,
      recovered,
      result,
      findings,
      presence,
      diagnosis: diagnosisOf(evidence, suspects),
    };
  } finally {
    stopping.abort();
    await riding.catch(() => {});
    mesh.close();
  }
};

/** From when to when beats were sent that were not acknowledged: what was restarted then is in the logs. */
const spanOf = (beats: ReadonlyMap<string, readonly SentBeat[]>): string => {
  const failed = [...beats.values()].flat().filter(({ isAcknowledged }) => !isAcknowledged);
  const times = failed.map(({ sentAt }) => sentAt).sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)].map((at) => new Date(at ?? 0).toISOString());
  return `between ${first} and ${last}`;
};

/** Findings begin with a place and a key, or with a key. */
const keysIn = (findings: readonly string[]): readonly string[] =>
  findings.flatMap((finding) => /\S+\/phone/.exec(finding)?.[0] ?? []);
