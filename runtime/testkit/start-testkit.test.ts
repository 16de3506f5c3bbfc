import { AssertionError } from "node:assert";
import { expect } from "chai";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat, UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { stateService } from "../../state-svc/service.ts";
import { descriptors } from "../../test/support/descriptors.ts";
import { type Seen, tallyApplication } from "../../test/support/tally.ts";
import { viewService } from "../../view-svc/service.ts";
import { startTestkit, type Testkit } from "./start-testkit.ts";
import type { PublishOptions } from "./topic-probe.ts";

describe("startTestkit", () => {
  const device = { user_id: "ann", device_id: "phone" };
  let testkit: Testkit;
  beforeEach(async () => {
    testkit = await startTestkit([heartbeatService(descriptors), stateService(descriptors), viewService(descriptors)]);
  });
  afterEach(() => testkit.close());

  it("runs a mesh whose leases lapse when its clock says so", async () => {
    const beats = testkit.client(PresenceHeartbeatEventServiceDefinition);
    const views = testkit.client(PresenceQueryApiDefinition);
    const [heartbeats, users] = [testkit.topic("heartbeats"), testkit.topic("users")];
    await beats.heartbeatEvent({ ...device, is_online: true });
    const observed_at = { seconds: testkit.now() / 1000, nanos: 0 };
    await heartbeats.expectOne(Heartbeat, { is_online: true, reason: "HEARTBEAT", observed_at });
    await users.expectOne(UserPresenceState, { ...device, is_online: true });
    expect((await views.countOnlineDevices({})).count).to.equal(1n);

    await testkit.advance(70_000);
    await users.expectNone();
    await testkit.advance(10_000);
    const { key } = await users.expectOne(UserPresenceState, { ...device, is_online: false, reason: "TIMEOUT" });
    expect(key).to.equal("ann/phone");
    expect((await views.countOnlineDevices({})).count).to.equal(0n);
    await users.expectNone();
  });
});

describe("the topics of a testkit", () => {
  let testkit: Testkit;
  let seen: Seen;
  const minute = 60_000;
  beforeEach(async () => {
    const tally = await tallyApplication();
    seen = tally.seen;
    testkit = await startTestkit(tally.application);
  });
  afterEach(() => testkit.close());

  const send = (reason: string, options?: PublishOptions) =>
    testkit.topic("tally-in").publish(Heartbeat, { user_id: "u", device_id: "d", reason }, options);

  it("tell what was published, in order, each message once", async () => {
    await send("one");
    await send("two");
    const out = testkit.topic("tally-out");
    const { message, headers } = await out.expectOne(UserPresenceState, { reason: "one" });
    expect(message.version).to.equal(1n);
    expect(headers).to.include({ ce_type: "presence.v1.UserPresenceState" });
    await testkit.topic("tally-out").expectOne(UserPresenceState);
    await out.expectNone();
    await testkit.topic("tally-in").expectNone();
  });

  it("take payloads of other formats", async () => {
    const headers = { "content-type": "application/json", ce_type: "presence.v1.Heartbeat" };
    const json = JSON.stringify({ userId: "u", deviceId: "d", reason: "json" });
    await testkit.topic("tally-in").publishRaw(json, { key: "u/d", headers });
    await testkit.topic("tally-out").expectOne(UserPresenceState, { reason: "json" });
  });

  it("have a dead letter when a record has failed for fifteen minutes", async () => {
    const letters = testkit.topic("tally-in.dead-letter");
    seen.failures = Number.POSITIVE_INFINITY;
    await send("stumble");
    await testkit.settled();
    expect(seen.taken).to.deep.equal(["u:stumble"]);
    await testkit.advance(14 * minute);
    await letters.expectNone();
    await testkit.advance(minute + 10_000);
    const { headers } = await letters.expectOne(Heartbeat, { reason: "stumble" });
    expect(headers).to.include({ rollcall_error_code: "HANDLER_FAILED" });
    expect(seen.taken.length).to.be.greaterThan(90);
  });

  it("are asked with errors that show the difference", async () => {
    const failureOf = (expectation: Promise<unknown>): Promise<unknown> => expectation.catch((error: unknown) => error);
    const out = testkit.topic("tally-out");
    await send("one");
    const other = await failureOf(out.expectOne(UserPresenceState, { reason: "another", version: 1n }));
    expect(other).to.be.instanceOf(AssertionError);
    expect(String(other)).to.match(/the next message on topic "tally-out"[\s\S]+reason: 'one'[\s\S]+reason: 'another'/);
    expect(String(await failureOf(out.expectOne(Heartbeat)))).to.match(/UserPresenceState'\n[\s\S]+Heartbeat'/);
    expect(String(await failureOf(out.expectNone()))).to.contain("version: 1n");
    expect(String(await failureOf(out.expectDeletion("u/d")))).to.contain("isDeletion: false");
    expect(String(await failureOf(testkit.topic("tally").expectNone()))).to.contain('topic "tally" does not exist');
    await out.expectOne(UserPresenceState);
    expect(String(await failureOf(out.expectOne(UserPresenceState)))).to.contain(
      "no more came than the 1 taken before",
    );
  });

  it("take tombstones, and messages with headers of the test's own", async () => {
    await testkit.topic("tally-in").publishDeletion("u/d");
    await send("one", { headers: { ce_type: "nobody.Knows" } });
    await testkit.settled();
    expect(testkit.log.lines.map(({ text }) => text)).to.include("dead-lettered");
    expect(seen.taken).to.deep.equal([]);
  });
});
