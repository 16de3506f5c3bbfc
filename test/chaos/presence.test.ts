import { expect } from "chai";
import type { Versioned } from "../../chaos/evidence.ts";
import { judgePresence, type PresenceVerdict } from "../../chaos/presence.ts";
import type { SentBeat } from "../../chaos/witness.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { encodeMessage } from "../../runtime/codec.ts";
import { leaseProfiles } from "../../runtime/replicated/lease-profile.ts";

const key = "u/phone";
const profile = leaseProfiles.short;

const timeout = (timestamp: number): Versioned => ({
  topic: "heartbeats",
  partition: 0,
  offset: 0n,
  key,
  timestamp,
  version: 1n,
  headers: {},
  value: encodeMessage(Heartbeat, Heartbeat.fromPartial({ user_id: "u", device_id: "phone", reason: "TIMEOUT" })),
});

/** Beats of every 400 ms, each answered at once unless told otherwise. */
const beating = (from: number, until: number, isAcknowledged = true): SentBeat[] =>
  Array.from({ length: (until - from) / 400 }, (_, i) => {
    const sentAt = from + 400 * i;
    return { sentAt, endedAt: sentAt + 10, isOnline: true, isAcknowledged };
  });

/** The lease log's records, of every 250 ms but for a gap. */
const leaseTimes = (gap: { from: number; to: number } = { from: 0, to: 0 }): number[] =>
  Array.from({ length: 400 }, (_, i) => 250 * i).filter((at) => at <= gap.from || at >= gap.to);

const judge = (at: number, beats: readonly SentBeat[], times = leaseTimes()): PresenceVerdict =>
  judgePresence(
    {
      heartbeats: [timeout(at)],
      users: [],
      deadLetters: [],
      swallowed: [],
      entities: new Map(),
      rows: new Map(),
      leaseTimes: times,
    },
    new Map([[key, beats]]),
    profile,
  );

describe("the verdict over presence", () => {
  it("given a device told offline amid its cadence, then that is false", () => {
    expect(judge(10_100, beating(0, 20_000)).falselyOffline).to.equal(1);
  });

  it("given an answer that came too late within a lease, then nothing was promised", () => {
    const beats = beating(0, 20_000).filter(({ sentAt }) => sentAt < 8000 || sentAt > 9200);
    expect(judge(10_100, beats).falselyOffline).to.equal(0);
  });

  it("given a leave since when it is silent, then nothing was promised", () => {
    const leave = { sentAt: 10_000, endedAt: 10_010, isOnline: false, isAcknowledged: true };
    expect(judge(10_100, [...beating(0, 10_000), leave]).falselyOffline).to.equal(0);
  });

  it("given a device that tries on while nobody can append, when it is told offline soon after, then that is false", () => {
    const beats = [...beating(0, 10_000), ...beating(10_000, 30_000, false)];
    const outage = leaseTimes({ from: 10_000, to: 24_000 });
    expect(judge(25_000, beats, outage).falselyOffline).to.equal(1);
    expect(judge(25_000, beats).falselyOffline).to.equal(0);
  });

  it("given a silent device, then it is offline within its lease, 15 s and one interval", () => {
    const lastMs = 9610 + profile.leaseMs;
    expect(judge(lastMs + 16_000, beating(0, 10_000))).to.deep.include({ silent: 1, worstMs: 16_000, findings: [] });
    expect(judge(lastMs + 16_001, beating(0, 10_000)).findings).to.have.length(1);
  });

  it("given a gap in the lease log, then its own length is added", () => {
    const gap = leaseTimes({ from: 12_000, to: 17_000 });
    expect(judge(9610 + profile.leaseMs + 21_000, beating(0, 10_000), gap).findings).to.deep.equal([]);
    expect(judge(9610 + profile.leaseMs + 21_001, beating(0, 10_000), gap).findings).to.have.length(1);
  });
});
