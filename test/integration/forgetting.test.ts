import { expect } from "chai";
import { createClient, Status } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import {
  PresenceStateServiceDefinition,
  PresenceUserServiceDefinition,
} from "../../gen/presence/state/v1/state_api.ts";
import { PresenceUserQueryApiDefinition } from "../../gen/presence/view/v1/user_view_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { versionOf } from "../../runtime/eventing/envelope.ts";
import type { LogRecord } from "../../runtime/ports.ts";
import { keptAsTombstoneMs } from "../../runtime/replicated/forgotten-keys.ts";
import { stateService } from "../../state-svc/service.ts";
import { viewService } from "../../view-svc/service.ts";
import type { Beats } from "../support/beating-device.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const forgetAfterMs = 1500;

describeOnBothWays("devices that are offline for long", (openPorts) => {
  let bench: TestBench;

  const replica = async (now: () => number = Date.now): Promise<Beats> => {
    const { port } = await bench.serve(heartbeatService(descriptors, { forgetAfterMs }), { now });
    return createClient(PresenceHeartbeatEventServiceDefinition, await connectTo(`127.0.0.1:${port}`));
  };
  const ann = (device_id: string, is_online: boolean) => ({ user_id: "ann", device_id, is_online });
  const tombstonesOf = async (topic: string): Promise<LogRecord[]> =>
    (await recordsOf(bench.ports.bus, topic)).filter(({ value }) => value === null);
  const expectForgotten = (topic: string, ...keys: string[]): Promise<void> =>
    eventually(async () => {
      expect((await tombstonesOf(topic)).map(({ key }) => key)).to.deep.equal(keys);
    }, 30_000);

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("are forgotten everywhere, and those that are online are not", async () => {
    const beats = await replica();
    const state = await connectTo(`127.0.0.1:${(await bench.serve(stateService(descriptors, { graceMs: 0 }))).port}`);
    const view = await connectTo(`127.0.0.1:${(await bench.serve(viewService(descriptors))).port}`);
    const devices = createClient(PresenceStateServiceDefinition, state);
    const users = createClient(PresenceUserServiceDefinition, state);
    const rows = createClient(PresenceQueryApiDefinition, view);
    const userRows = createClient(PresenceUserQueryApiDefinition, view);
    const deviceRows = async () => (await rows.getUsers({})).results.map(({ device_id }) => device_id).toSorted();

    await beats.heartbeatEvent(ann("phone", true));
    await beats.heartbeatEvent(ann("watch", true));
    const leave = await beats.heartbeatEvent(ann("phone", false));
    await eventually(async () => expect(await deviceRows()).to.deep.equal(["phone", "watch"]), 20_000);
    await expectForgotten("heartbeats", "ann/phone");
    const [gone] = await tombstonesOf("heartbeats");
    const version = versionOf(gone?.headers.ce_sequence) ?? 0n;
    expect(version > leave.version).to.equal(true);

    await expectForgotten("users", "ann/phone");
    await eventually(async () => {
      expect(await deviceRows()).to.deep.equal(["watch"]);
      const status = await users.getUserStatus({ user_id: "ann" });
      expect(status.devices.map(({ device_id }) => device_id)).to.deep.equal(["watch"]);
    }, 20_000);
    const unknown = await devices
      .getCurrentUserPresence({ user_id: "ann", device_id: "phone" })
      .catch((error) => error);
    expect(unknown).to.have.property("code", Status.NOT_FOUND);

    await beats.heartbeatEvent(ann("watch", false));
    await expectForgotten("presence", "ann");
    await eventually(async () => {
      expect(await deviceRows()).to.deep.equal([]);
      expect((await userRows.countStatuses({})).count).to.equal(0n);
      expect(await users.getUserStatus({ user_id: "ann" }).catch((error) => error.code)).to.equal(Status.NOT_FOUND);
    }, 20_000);

    const back = await beats.heartbeatEvent({ ...ann("phone", true), version: leave.version });
    expect(back).to.include({ is_modified: true, is_online: true, reason: "HEARTBEAT" });
    expect(back.version > version).to.equal(true);
    await eventually(async () => {
      expect(await deviceRows()).to.deep.equal(["phone"]);
      expect((await userRows.getOnlineStatuses({})).results.map(({ user_id }) => user_id)).to.deep.equal(["ann"]);
    }, 20_000);
  });

  it("come back as new ones, on replicas that have dropped them and on others alike", async () => {
    const [keeping, dropping] = [await replica(), await replica(() => Date.now() + keptAsTombstoneMs + 60_000)];
    const first = await keeping.heartbeatEvent({ ...ann("phone", true), profile: { attr1: "old" } });
    const leave = await keeping.heartbeatEvent({ ...ann("phone", false), version: first.version });
    await expectForgotten("heartbeats", "ann/phone");
    // The one whose clock is ahead drops it with its next ticks.
    await eventually(() =>
      expect(bench.log.lines.map(({ text }) => text)).to.include("a forgotten key has left memory"),
    );
    const back = await dropping.heartbeatEvent({ ...ann("phone", true), version: leave.version });
    expect(back).to.deep.include({ is_modified: true });
    expect(back.profile?.attr1 ?? "").to.equal("");
    expect((await recordsOf(bench.ports.bus, "heartbeats")).at(-1)?.headers).to.include({ rollcall_base: "0" });
    const seen = await keeping.heartbeatEvent({ ...ann("phone", true), version: back.version });
    expect(seen).to.include({ is_modified: false, version: back.version });
    const restarted = await replica();
    expect(await restarted.heartbeatEvent({ ...ann("phone", true), version: back.version })).to.include({
      is_modified: false,
      version: back.version,
    });
  });
});
