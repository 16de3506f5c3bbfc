// The lease protocol of several replicas over a log in memory, in virtual time: what the log costs, and nothing else.

import { leaseProfiles } from "../../runtime/replicated/lease-profile.ts";
import type { Instant, LeaseProtocol } from "../../runtime/replicated/lease-protocol.ts";
import { createLeaseProtocol } from "../../runtime/replicated/lease-protocol.ts";
import { decodeLeaseRecord } from "../../runtime/replicated/lease-record.ts";
import { leaseRules } from "../../runtime/replicated/lease-rules.ts";
import { answerParent, startCounting } from "./answer-parent.ts";

export type Beating = { readonly devices: number; readonly replicas: number; readonly seconds: number };
export type LeaseLogCost = {
  /** Of all replicas. */
  readonly bytes: number;
  /** Seconds of CPU of all replicas. */
  readonly cpu: number;
};

const tickMs = 250;
const profile = leaseProfiles.default;
const leaseMs = profile.leaseMs;
const intervalMs = leaseMs / 2.5;
const count = startCounting();

/** What each replica appends in a tick, all of them read. */
const tickAll = (protocols: readonly LeaseProtocol[], now: Instant, log: { bytes: number; end: number }): void => {
  for (const protocol of protocols) {
    for (const effect of protocol.tick(now, () => false, true)) {
      if (effect.kind === "restate") continue;
      if (effect.kind !== "append") throw new Error(`${effect.key} beats, and is to ${effect.kind}`);
      for (const each of protocols) each.readRecord(log.end, now.wall, decodeLeaseRecord(effect.record), now);
      log.bytes += effect.record.length;
      log.end += 1;
    }
  }
};

const run = ({ devices, replicas, seconds }: Beating): LeaseLogCost => {
  let wall = Date.now();
  const instant = (): Instant => ({ monotonic: wall, wall });
  const log = { bytes: 0, end: 0 };
  const protocols = Array.from({ length: replicas }, (_, n) =>
    createLeaseProtocol({ rules: leaseRules, profile, replica: `replica-${n}`, salt: n }),
  );
  for (const protocol of protocols) protocol.caughtUp(instant());
  for (let n = 0; n < 4; n += 1, wall += tickMs) tickAll(protocols, instant(), log);
  const keys = Array.from({ length: devices }, (_, n) => `rider-${n}/phone`);
  const mark = { leaseMs, toldMs: leaseMs, session: 0, sequence: 0 };
  for (const key of keys) {
    for (const each of protocols) each.readChange(key, { ...mark, isHeld: true, covers: undefined, appendedAt: wall });
  }

  const before = count();
  const { bytes } = log;
  let next = 0;
  for (const end = wall + seconds * 1000; wall < end; wall += tickMs) {
    for (let n = Math.ceil((devices * tickMs) / intervalMs); n > 0; n -= 1) {
      protocols[next % replicas]?.beat(keys[next % devices] as string, mark, wall);
      next += 1;
    }
    tickAll(protocols, instant(), log);
  }
  return { bytes: log.bytes - bytes, cpu: count().cpu - before.cpu };
};

answerParent({ run });
