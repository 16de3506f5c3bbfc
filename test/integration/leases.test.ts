import { expect } from "chai";
import { createClient } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import { leaseProfiles } from "../../runtime/replicated/lease-profile.ts";
import { type Beats, falselyOffline, startBeating } from "../support/beating-device.ts";
import { connectTo } from "../support/channel.ts";
import { cuttableBus } from "../support/cut-bus.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { longestGap } from "../support/lease-log.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

type Replica = { readonly beats: Beats; cut(): void; close(): Promise<void> };
type Said = Heartbeat & { readonly appendedAt: number };

const { leaseMs } = leaseProfiles.short;
const intervalMs = leaseMs / 2.5;

describeOnBothWays("leases of one second's beats", (openPorts) => {
  let bench: TestBench;

  const replica = async (): Promise<Replica> => {
    const { bus, cut } = cuttableBus(bench.ports.bus);
    const app = heartbeatService(descriptors, { profile: leaseProfiles.short });
    const { port, close } = await bench.serve(app, {}, { ...bench.ports, bus });
    const beats = createClient(PresenceHeartbeatEventServiceDefinition, await connectTo(`127.0.0.1:${port}`));
    return { beats, cut, close };
  };
  const said = async (user_id: string): Promise<Said[]> =>
    (await recordsOf(bench.ports.bus, "heartbeats"))
      .map(({ value, timestamp }) => ({
        ...decodeMessage(Heartbeat, value ?? new Uint8Array()),
        appendedAt: timestamp,
      }))
      .filter((heartbeat) => heartbeat.user_id === user_id);
  const offlineOf = async (user_id: string, withinMs: number): Promise<Said> => {
    await eventually(async () => expect((await said(user_id)).at(-1)).to.include({ is_online: false }), withinMs);
    return (await said(user_id)).at(-1) as Said;
  };
  /** While nobody could append to the lease log nothing lapses, and no interval thereafter: a busy machine is no fault. */
  const allowanceMs = async (): Promise<number> => {
    const gap = await longestGap(bench.ports.bus, "user_presence_heartbeat");
    return gap > 2000 ? gap + 5000 + intervalMs : gap;
  };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("end in time for a device that falls silent, with the reason and the time of its last beat", async function () {
    this.timeout(60_000);
    const replicas = [await replica(), await replica()];
    const device = startBeating("u", () => replicas.map(({ beats }) => beats));
    await eventually(async () => expect(await said("u")).to.have.length(1));
    const before = Date.now();
    await eventually(() => expect(Date.now() - before).to.be.greaterThan(2 * leaseMs), 4 * leaseMs);
    expect(await said("u")).to.have.length(1);
    const { sentAt, answeredAt } = await device.stop();
    const offline = await offlineOf("u", 20_000);
    expect(offline).to.include({ reason: "TIMEOUT", is_modified: true });
    const seenAt = Number(offline.observed_at?.seconds) * 1000 + (offline.observed_at?.nanos ?? 0) / 1_000_000;
    const slack = 100 + (await allowanceMs()) / 2;
    expect(seenAt)
      .to.be.at.least(sentAt - slack)
      .and.at.most(answeredAt + slack);
    const afterMs = offline.appendedAt - answeredAt;
    expect(afterMs)
      .to.be.at.least(leaseMs - slack)
      .and.at.most(leaseMs + 1000 + (await allowanceMs()));
    expect(await said("u")).to.have.length(2);
  });

  it("end for those alone that fall silent, while a replica is cut off, another joins, and one leaves", async function () {
    this.timeout(120_000);
    const replicas = [await replica(), await replica(), await replica()];
    let asked = replicas.map(({ beats }) => beats);
    const keepers = Array.from({ length: 20 }, (_, i) => startBeating(`keeper-${i}`, () => asked));
    const silent = startBeating("silent", () => asked);
    // What a replica is about to say when it is cut off it never ends saying.
    const devices = async () => new Set((await recordsOf(bench.ports.bus, "heartbeats")).map(({ key }) => key));
    await eventually(async () => expect(await devices()).to.have.property("size", keepers.length + 1));
    const [first, second] = replicas as [Replica, Replica];

    // It is asked on: until its fence closes it answers what nobody else hears of.
    first.cut();
    const { answeredAt } = await silent.stop();
    await eventually(async () => {
      const unchanged = { user_id: "keeper-0", device_id: "d", is_online: true };
      const refusal = await first.beats.heartbeatEvent(unchanged).catch(String);
      expect(refusal).to.contain("must not answer now");
    }, 15_000);
    const joined = await replica();
    asked = [...asked.slice(1), joined.beats];
    const offline = await offlineOf("silent", 40_000);
    expect(offline).to.include({ reason: "TIMEOUT" });
    const promised = leaseMs + 15_000 + intervalMs + (await allowanceMs());
    expect(offline.appendedAt - answeredAt)
      .to.be.at.least(leaseMs - 500)
      .and.at.most(promised);
    asked = asked.slice(1);
    await second.close();
    const since = Date.now();
    await eventually(() => expect(Date.now() - since).to.be.greaterThan(2 * leaseMs), 4 * leaseMs);

    const stopped = await Promise.all(keepers.map((keeper) => keeper.stop()));
    const records = await recordsOf(bench.ports.bus, "heartbeats");
    expect(falselyOffline(records, keepers, stopped, leaseMs)).to.deep.equal([]);
  });
});
