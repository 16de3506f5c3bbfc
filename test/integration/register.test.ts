import { expect } from "chai";
import fc from "fast-check";
import { type Client, ClientError, createClient } from "nice-grpc";
import { HealthDefinition } from "../../gen/grpc/health/v1/health.ts";
import {
  PresenceHeartbeatCommandServiceDefinition,
  PresenceHeartbeatEventServiceDefinition,
} from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { Application } from "../../runtime/component/application.ts";
import { reply, updateState } from "../../runtime/component/effects.ts";
import { replicatedRegister } from "../../runtime/component/replicated-register.ts";
import { versionOf } from "../../runtime/eventing/envelope.ts";
import { Status } from "../../runtime/status.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { type Gate, gateBus } from "../support/gated-bus.ts";
import { openTestBench, type ServeSettings, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

type Replica = {
  readonly gate: Gate;
  readonly beats: Client<PresenceHeartbeatEventServiceDefinition>;
  close(): Promise<void>;
};

describeOnBothWays("the heartbeat register", (openPorts) => {
  let bench: TestBench;
  const device = { user_id: "u", device_id: "d" };
  const online = { ...device, is_online: true };

  const replica = async (settings: ServeSettings = {}): Promise<Replica> => {
    const gate = gateBus(bench.ports.bus);
    const served = await bench.serve(heartbeatService(descriptors), settings, { ...bench.ports, bus: gate.bus });
    const channel = await connectTo(`127.0.0.1:${served.port}`);
    return {
      gate,
      beats: createClient(PresenceHeartbeatEventServiceDefinition, channel),
      close: served.close,
    };
  };
  const log = async (): Promise<Heartbeat[]> =>
    (await recordsOf(bench.ports.bus, "heartbeats")).map(({ value }) =>
      decodeMessage(Heartbeat, value ?? new Uint8Array()),
    );

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("publishes a change once, with the version in header and message", async () => {
    const { beats } = await replica();
    const first = await beats.heartbeatEvent(online);
    expect(first).to.include({ is_modified: true, reason: "HEARTBEAT" });
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: false, version: first.version });
    const [record, ...more] = await recordsOf(bench.ports.bus, "heartbeats");
    expect(more).to.deep.equal([]);
    expect(record?.key).to.equal("u/d");
    expect(versionOf(record?.headers.ce_sequence)).to.equal(first.version);
    expect((await log())[0]).to.deep.equal(first);
  });

  it("publishes a first heartbeat that is offline, a changed profile, and a leave", async () => {
    const { beats } = await replica();
    expect(await beats.heartbeatEvent({ ...device, is_online: false })).to.include({
      is_modified: true,
      reason: "LEAVE",
    });
    await beats.heartbeatEvent({ ...online, profile: { attributes: { a: "1", b: "2" } } });
    const same = await beats.heartbeatEvent({ ...online, profile: { attributes: { b: "2", a: "1" } } });
    expect(same.is_modified).to.equal(false);
    const kept = await beats.heartbeatEvent(online);
    expect(kept).to.deep.include({ is_modified: false, profile: same.profile });
    const changed = await beats.heartbeatEvent({ ...online, profile: { attributes: { a: "1" } } });
    expect(changed.is_modified).to.equal(true);
    expect(await log()).to.have.length(3);
  });

  it("forgets nothing over a restart of all replicas", async () => {
    const first = await replica();
    const { version } = await first.beats.heartbeatEvent(online);
    await first.close();
    const { beats } = await replica();
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: false, version });
  });

  it("answers UNAVAILABLE while it reads its log, and is not SERVING", async () => {
    const { version } = await (await replica()).beats.heartbeatEvent(online);
    const gate = gateBus(bench.ports.bus);
    const release = gate.holdCatchUp();
    const port = await freePort();
    const starting = bench.serve(heartbeatService(descriptors), { port }, { ...bench.ports, bus: gate.bus });
    const channel = await connectTo(`127.0.0.1:${port}`);
    const beats = createClient(PresenceHeartbeatEventServiceDefinition, channel);
    await eventually(async () => {
      const error = await beats.heartbeatEvent(online).catch((reason: unknown) => reason);
      expect(error).to.include({ code: Status.UNAVAILABLE });
      expect(String(error)).to.contain("still reading its log");
    });
    const health = createClient(HealthDefinition, channel);
    expect(await health.check({ service: "" })).to.include({ status: "NOT_SERVING" });
    release();
    await starting;
    expect(await health.check({ service: "" })).to.include({ status: "SERVING" });
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: false, version });
  });

  it("answers on one replica for what another has taken", async () => {
    const [one, other] = [await replica(), await replica()];
    const { version } = await one.beats.heartbeatEvent(online);
    const reply = await other.beats.heartbeatEvent({ ...online, version });
    expect(reply).to.include({ is_modified: false, version });
  });

  it("does not answer a device whose last version it has not read", async () => {
    const [one, other] = [await replica(), await replica()];
    const release = other.gate.holdFollow();
    const { version } = await one.beats.heartbeatEvent(online);
    const error = await other.beats.heartbeatEvent({ ...online, version }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ClientError).with.property("code", Status.UNAVAILABLE);
    const waiting = other.beats.heartbeatEvent({ ...online, version });
    release();
    expect(await waiting).to.include({ is_modified: false, version });
  });

  /** Its versions lie above those of a replica with the right time: a late record of it hides an earlier one. */
  const ahead: ServeSettings = { now: () => Date.now() + 2000 };

  it("runs a command again on a change it has hidden: nothing of either is lost", async () => {
    const [one, other] = [await replica(), await replica(ahead)];
    const { version: old } = await one.beats.heartbeatEvent({ ...online, profile: { attr1: "old" } });
    expect(await other.beats.heartbeatEvent({ ...online, version: old })).to.include({ is_modified: false });
    const release = other.gate.holdPublish();
    const leave = other.beats.heartbeatEvent({ ...device, is_online: false });
    const profile = await one.beats.heartbeatEvent({ ...online, profile: { attr1: "new" } });
    release();
    const left = await leave;
    expect(left).to.include({ is_online: false });
    expect(left.profile).to.include({ attr1: "new" });
    expect(left.version > profile.version).to.equal(true);
    expect((await log()).at(-1)).to.deep.equal(left);
    await eventually(async () => {
      const seenByOne = await one.beats.heartbeatEvent({ ...device, is_online: false });
      expect(seenByOne).to.include({ version: left.version, is_modified: false });
    });
  });

  it("keeps an acknowledged change that a replica hid and then died before it could mend it", async () => {
    const [one, other, third] = [await replica(), await replica(ahead), await replica()];
    const { version: old } = await one.beats.heartbeatEvent({ ...online, profile: { attr1: "old" } });
    expect(await other.beats.heartbeatEvent({ ...online, version: old })).to.include({ is_modified: false });
    const release = other.gate.holdPublish();
    const leave = other.beats.heartbeatEvent({ ...device, is_online: false }).catch(() => undefined);
    const { version } = await one.beats.heartbeatEvent({ ...online, profile: { attr1: "new" } });
    other.gate.failNext("after");
    other.gate.holdFollow();
    release();
    await leave;
    await eventually(async () => expect(await log()).to.have.length(3));
    const next = await third.beats.heartbeatEvent({ ...online, version: version + 1n });
    expect(next.profile).to.include({ attr1: "new" });
    const last = (await log()).at(-1);
    expect(last).to.include({ version: next.version, is_modified: true });
    expect(last?.profile).to.include({ attr1: "new" });
    // It changes what readers of the log have seen, and nothing of what the device was told.
    expect(next).to.include({ is_modified: false });
  });

  it("does not run a beat again that its sender has given up, on the leave that came after it", async () => {
    const [one, other] = [await replica(), await replica()];
    const { version } = await one.beats.heartbeatEvent(online);
    await other.beats.heartbeatEvent({ ...online, version });
    const publish = one.gate.holdPublish();
    const follow = one.gate.holdFollow();
    const giveUp = new AbortController();
    const late = one.beats
      .heartbeatEvent({ ...online, version, profile: { attr1: "late" } }, { signal: giveUp.signal })
      .catch((error: unknown) => error);
    await eventually(() => expect(one.gate.waiting()).to.equal(1));
    giveUp.abort();
    await late;
    const leave = await other.beats.heartbeatEvent({ ...device, is_online: false, version });
    publish();
    await eventually(async () => expect(await log()).to.have.length(3));
    follow();
    await one.close();
    const last = (await log()).reduce((a, b) => (b.version > a.version ? b : a));
    expect(last).to.include({ version: leave.version, is_online: false });
  });

  it("answers a beat that comes after the leave of its session with what stands, on every replica", async () => {
    const [one, other] = [await replica(), await replica()];
    const session = { ...online, session_id: "s" };
    const { version } = await one.beats.heartbeatEvent({ ...session, sequence: 1n });
    const leave = await other.beats.heartbeatEvent({ ...session, is_online: false, sequence: 3n, version });
    expect(leave).to.include({ is_modified: true, is_online: false, reason: "LEAVE" });
    for (const { beats } of [one, other]) {
      const late = await beats.heartbeatEvent({
        ...session,
        sequence: 2n,
        profile: { attr1: "late" },
        version: leave.version,
      });
      expect(late).to.deep.equal({ ...leave, is_modified: false });
    }
    const back = await one.beats.heartbeatEvent({ ...session, sequence: 4n, version: leave.version });
    expect(back).to.include({ is_modified: true, is_online: true });
    expect((await log()).map(({ is_online }) => is_online)).to.deep.equal([true, false, true]);
  });

  it("takes a beat that woke up behind the leave of its session for what it is, though its replica had not read it", async () => {
    const [one, other] = [await replica(), await replica(ahead)];
    const session = { ...online, session_id: "s" };
    const { version } = await one.beats.heartbeatEvent({ ...session, sequence: 1n });
    await other.beats.heartbeatEvent({ ...session, sequence: 2n, version });
    const publish = other.gate.holdPublish();
    const late = other.beats.heartbeatEvent({ ...session, sequence: 3n, version, profile: { attr1: "late" } });
    await eventually(() => expect(other.gate.waiting()).to.equal(1));
    const leave = await one.beats.heartbeatEvent({ ...session, is_online: false, sequence: 4n, version });
    publish();
    expect(await late).to.include({ is_modified: false, is_online: false });
    await eventually(async () => expect((await log()).at(-1)?.is_online).to.equal(false));
    const last = (await log()).reduce((a, b) => (b.version > a.version ? b : a));
    expect(last).to.include({ is_online: false });
    expect(last.version >= leave.version).to.equal(true);
  });

  it("keeps a device online until the last of its sessions has left, whichever replicas they talk to", async () => {
    const [one, other] = [await replica(), await replica()];
    const first = await one.beats.heartbeatEvent({ ...online, session_id: "a", sequence: 1n });
    const second = await other.beats.heartbeatEvent({
      ...online,
      session_id: "b",
      sequence: 1n,
      version: first.version,
    });
    expect(second).to.include({ is_modified: false, is_online: true });
    const leave = { ...device, is_online: false, sequence: 2n };
    const stays = await one.beats.heartbeatEvent({ ...leave, session_id: "a", version: second.version });
    expect(stays).to.include({ is_modified: false, is_online: true, reason: "HEARTBEAT" });
    const left = await other.beats.heartbeatEvent({ ...leave, session_id: "b", version: stays.version });
    expect(left).to.include({ is_modified: true, is_online: false, reason: "LEAVE" });
  });

  it("writes nothing for the further beats of a session, and refuses a number below zero", async () => {
    const { beats } = await replica();
    const { version } = await beats.heartbeatEvent({ ...online, session_id: "s", sequence: 1n });
    for (let sequence = 2n; sequence < 10n; sequence++) {
      const reply = await beats.heartbeatEvent({ ...online, session_id: "s", sequence });
      expect(reply).to.include({ is_modified: false, version });
    }
    expect(await log()).to.have.length(1);
    const error = await beats.heartbeatEvent({ ...online, session_id: "s", sequence: -1n }).catch((reason) => reason);
    expect(error).to.be.instanceOf(ClientError).with.property("code", Status.INVALID_ARGUMENT);
  });

  it("does not let a version from nowhere hold a key back", async () => {
    const { beats } = await replica();
    const { version } = await beats.heartbeatEvent(online);
    const foreign = beats.heartbeatEvent({ ...online, version: version + (1n << 60n) });
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: false, version });
    expect(await foreign).to.include({ is_modified: false, version });
  });

  it("calls a heartbeat modified again after a publish of unknown outcome, and it was not written", async () => {
    const { gate, beats } = await replica();
    gate.failNext("before");
    const error = await beats.heartbeatEvent(online).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ClientError).with.property("code", Status.UNAVAILABLE);
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: true });
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: false });
  });

  it("acknowledges a write whose answer was lost, once it has been read back", async () => {
    const { gate, beats } = await replica();
    gate.failNext("after");
    await beats.heartbeatEvent(online).catch(() => undefined);
    const reply = await beats.heartbeatEvent(online);
    const records = await log();
    expect(records.at(-1)).to.include({ version: reply.version, is_online: true });
  });

  it("settles a doubtful key by writing what the device says next, even if that is what it said before", async () => {
    const { gate, beats } = await replica();
    await beats.heartbeatEvent(online);
    gate.failNext("before");
    await beats.heartbeatEvent({ ...device, is_online: false }).catch(() => undefined);
    expect(await beats.heartbeatEvent(online)).to.include({ is_modified: true, is_online: true });
    expect((await log()).map(({ is_online }) => is_online)).to.deep.equal([true, true]);
  });

  it("writes the state again for a doubtful key whose handler does not ask", async () => {
    const gate = gateBus(bench.ports.bus);
    const { port } = await bench.serve(heedless, {}, { ...bench.ports, bus: gate.bus });
    const channel = await connectTo(`127.0.0.1:${port}`);
    const register = createClient(PresenceHeartbeatCommandServiceDefinition, channel);
    await register.heartbeat(online);
    gate.failNext("before");
    await register.heartbeat({ ...device, is_online: false }).catch(() => undefined);
    expect(await register.heartbeat(online)).to.include({ is_online: true });
    expect((await log()).map(({ is_online }) => is_online)).to.deep.equal([true, true]);
  });

  it("takes the changes of two replicas that always read one another late", async () => {
    const [first, second] = [await replica(), await replica()];
    first.gate.lag(20);
    second.gate.lag(20);
    const changes = ({ beats }: Replica) =>
      Promise.all([true, false, true, false].map((is_online) => beats.heartbeatEvent({ ...device, is_online })));
    const earlier = changes(first);
    await eventually(async () => expect(await log()).not.to.have.length(0));
    const replies = (await Promise.all([earlier, changes(second)])).flat();
    const versions = new Set(replies.filter(({ is_modified }) => is_modified).map(({ version }) => version));
    expect(versions.size).to.be.greaterThan(3);
    const last = replies.reduce((a, b) => (b.version > a.version ? b : a));
    for (const { beats } of [first, second]) {
      expect(await beats.heartbeatEvent({ ...device, is_online: last.is_online, version: last.version })).to.include({
        is_modified: false,
        version: last.version,
      });
    }
  });

  it("converges on the last acknowledged change, whichever replicas took the commands", async function () {
    this.timeout(60_000);
    const replicas = [await replica(), await replica(), await replica()];
    let run = 0;
    const command = fc.record({
      at: fc.nat(2),
      is_online: fc.boolean(),
      profile: fc.option(fc.constantFrom("a", "b", "c")),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 12 }), async (commands) => {
        const key = { user_id: `user-${run++}`, device_id: "d" };
        const replies = await Promise.all(
          commands.map(({ at, is_online, profile }) => {
            const fields = profile === null ? {} : { profile: { attr1: profile } };
            return (replicas[at] as Replica).beats.heartbeatEvent({ ...key, is_online, ...fields });
          }),
        );
        const last = replies.reduce((a, b) => (b.version > a.version ? b : a));
        for (const { beats } of replicas) {
          const seen = await beats.heartbeatEvent({ ...key, is_online: last.is_online, version: last.version });
          expect(seen).to.deep.include({ version: last.version, profile: last.profile, is_modified: false });
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** A register whose handler knows nothing of doubt. */
const heedless: Application = {
  name: "heedless",
  descriptors,
  components: [
    replicatedRegister(
      PresenceHeartbeatCommandServiceDefinition,
      { log: "heartbeats", value: Heartbeat },
      {
        heartbeat: ({ user_id, device_id, is_online }, current, { version }) =>
          current.version > 0n && current.is_online === is_online
            ? reply(current)
            : updateState<Heartbeat>({ ...current, user_id, device_id, is_online, version }).thenReply((next) => next),
      },
    ),
  ],
};
