import { expect } from "chai";
import { type Client, ClientError, createClient, Status } from "nice-grpc";
import {
  PresenceUserBatchApiDefinition,
  PresenceUserQueryApiDefinition,
  type StatusChange,
} from "../../gen/presence/view/v1/user_view_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { stateService } from "../../state-svc/service.ts";
import { viewService } from "../../view-svc/service.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf, sendHeartbeat } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

describeOnBothWays("queries over users", (openPorts) => {
  let bench: TestBench;
  let users: Client<PresenceUserQueryApiDefinition>;
  let batch: Client<PresenceUserBatchApiDefinition>;
  let devices: Client<PresenceQueryApiDefinition>;

  const beat = (user_id: string, device_id: string, version: bigint, is_online: boolean, attr1: string, team = "red") =>
    sendHeartbeat(bench.ports.bus, "heartbeats", {
      user_id,
      device_id,
      version,
      is_online,
      profile: { attr1, attr2: "", attributes: { team } },
      observed_at: { seconds: version, nanos: 0 },
      reason: is_online ? "HEARTBEAT" : "TIMEOUT",
    });

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
    await bench.serve(stateService(descriptors));
    const { port } = await bench.serve(viewService(descriptors));
    const channel = await connectTo(`127.0.0.1:${port}`);
    users = createClient(PresenceUserQueryApiDefinition, channel);
    batch = createClient(PresenceUserBatchApiDefinition, channel);
    devices = createClient(PresenceQueryApiDefinition, channel);
    await beat("ann", "phone", 10n, true, "steel");
    await beat("ann", "watch", 11n, true, "steel");
    await beat("bob", "phone", 12n, true, "wood", "blue");
    await beat("cyd", "phone", 13n, true, "steel");
    await beat("cyd", "phone", 14n, false, "steel");
    await eventually(async () => {
      expect((await devices.countDevices({})).count).to.equal(4n);
      // All are there; only then does one that is not online tell that it has gone.
      expect((await users.countStatuses({})).count).to.equal(3n);
      expect(await idsOf(users.getOnlineStatuses({}))).to.deep.equal(["ann", "bob"]);
    }, 20_000);
  });
  afterEach(() => bench.close());

  const idsOf = async (
    reply: Promise<{ readonly results: readonly { readonly user_id: string }[] }>,
  ): Promise<string[]> => (await reply).results.map(({ user_id }) => user_id).toSorted();

  it("gives up a record that no view can take, and goes on with those behind it", async () => {
    const letters = async () =>
      (await recordsOf(bench.ports.bus, "users.dead-letter")).filter(({ headers }) =>
        headers.rollcall_error_group?.startsWith("presence.view.v1."),
      );
    const headers = { "content-type": "application/protobuf", ce_type: "presence.v1.UserPresenceState" };
    await bench.ports.bus.publish([{ topic: "users", key: "dan/phone", value: Buffer.of(0xff), headers }]);
    await eventually(async () => expect(await letters()).to.have.length(1));
    expect((await letters())[0]).to.deep.include({ key: "dan/phone", value: Buffer.of(0xff) });
    await beat("dan", "phone", 15n, true, "steel");
    await eventually(async () => expect((await devices.countDevices({})).count).to.equal(5n));
  });

  it("answers for each id of a batch, in the order of the request", async () => {
    const { results } = await batch.batchGetUsers({ user_ids: ["nobody", "cyd", "ann", "cyd"] });
    const told = results.map(({ user_id, known, is_online, devices_online }) => ({
      user_id,
      known,
      is_online,
      devices_online,
    }));
    const cyd = { user_id: "cyd", known: true, is_online: false, devices_online: 0 };
    expect(told).to.deep.equal([
      { user_id: "nobody", known: false, is_online: false, devices_online: 0 },
      cyd,
      { user_id: "ann", known: true, is_online: true, devices_online: told[2]?.devices_online },
      cyd,
    ]);
    expect(results[1]?.last_seen?.seconds).to.equal(14n);
    expect((await batch.batchGetUsers({})).results).to.deep.equal([]);
  });

  it("takes a thousand ids, and refuses more", async () => {
    const user_ids = Array.from({ length: 1000 }, (_, i) => (i === 500 ? "ann" : `u${i}`));
    const { results } = await batch.batchGetUsers({ user_ids });
    expect(results.map(({ user_id }) => user_id)).to.deep.equal(user_ids);
    expect(results.filter(({ known }) => known)).to.have.length(1);
    const refusal = await batch.batchGetUsers({ user_ids: [...user_ids, "one"] }).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(ClientError).with.property("code", Status.INVALID_ARGUMENT);
    expect(String(refusal)).to.contain("user_ids has 1001 ids");
  });

  it("lists a user's devices in order", async () => {
    const page = await devices.listDevicesOfUser({ user_id: "ann" });
    expect(page.results.map(({ device_id }) => device_id)).to.deep.equal(["phone", "watch"]);
    expect(page).to.include({ next_page_token: "", total_count: 2n });
    expect((await devices.listDevicesOfUser({ user_id: "nobody" })).results).to.deep.equal([]);
  });

  it("finds users by profile, by team, by time, in order and counted", async () => {
    expect(await idsOf(users.getStatusesByProfile({ attr1: "steel" }))).to.deep.equal(["ann", "cyd"]);
    expect(await idsOf(users.getStatusesByTeam({ team: "red" }))).to.deep.equal(["ann", "cyd"]);
    expect(await idsOf(users.getOnlineStatusesByTeam({ team: "red" }))).to.deep.equal(["ann"]);
    expect((await users.countStatusesByTeam({ team: "red" })).count).to.equal(2n);
    expect((await users.countOnlineStatuses({})).count).to.equal(2n);
    const latest = await users.listOnlineStatuses({});
    expect(latest.results.map(({ user_id }) => user_id)).to.deep.equal(["bob", "ann"]);
    const all = await users.listStatuses({});
    expect(all.results.map(({ user_id }) => user_id)).to.deep.equal(["ann", "bob", "cyd"]);
    expect(all.total_count).to.equal(3n);
    const seen = await users.getStatusesSeenSince({ since: { seconds: 12n, nanos: 0 } });
    expect(seen.results.map(({ user_id }) => user_id)).to.deep.equal(["cyd", "bob"]);
  });

  it("tells live who comes and goes", async () => {
    const controller = new AbortController();
    const told: StatusChange[] = [];
    const watching = (async () => {
      for await (const change of users.watchOnlineStatuses({}, { signal: controller.signal })) told.push(change);
    })().catch(() => undefined);
    await eventually(() => expect(told.map(({ change }) => change)).to.include("SYNCED"), 20_000);
    await beat("bob", "phone", 20n, false, "wood", "blue");
    await beat("cyd", "phone", 21n, true, "steel");
    await eventually(() => {
      const after = told.slice(told.findIndex(({ change }) => change === "SYNCED") + 1);
      expect(after.map(({ change, key }) => `${change} ${key}`)).to.have.members(["LEAVE bob", "ENTER cyd"]);
    }, 20_000);
    controller.abort();
    await watching;
  });
});
