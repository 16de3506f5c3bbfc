import { PresenceQueryApiDefinition } from "../gen/presence/view/v1/view_api.ts";
import { view } from "../runtime/component/view.ts";
import { specify } from "../runtime/testkit/specify.ts";
import { descriptors } from "../test/support/descriptors.ts";
import { viewService } from "./service.ts";

describe("the view of devices", () => {
  const devices = view(PresenceQueryApiDefinition);
  const { given } = specify(viewService(descriptors));
  const state = (user_id: string, is_online: boolean, team: string, seconds = 0) => ({
    updateView: {
      user_id,
      device_id: "phone",
      is_online,
      profile: { attr1: team, attributes: { team } },
      last_seen: { seconds },
    },
  });
  const three = given(devices, "ann/phone", state("ann", true, "red", 1))
    .and("bob/phone", state("bob", true, "blue", 2), state("bob", false, "blue", 4))
    .and("cid/phone", state("cid", true, "red", 3), null);

  it("holds the last state of each device that is not deleted", () =>
    three.when("listDevices", {}).thenExpect({
      results: [
        { user_id: "ann", is_online: true },
        { user_id: "bob", is_online: false },
      ],
      total_count: 2n,
      next_page_token: "",
    }));

  it("finds those that are online", async () => {
    await three.when("getOnlineDevices", {}).thenExpect({ results: [{ user_id: "ann" }] });
    await three.when("countOnlineDevices", {}).thenExpect({ count: 1n });
  });

  it("finds those of a team, of a profile, and those seen since", async () => {
    await three.when("getDevicesByTeam", { team: "blue" }).thenExpect({ results: [{ user_id: "bob" }] });
    await three.when("getDevicesByProfile", { attr1: "red" }).thenExpect({ results: [{ user_id: "ann" }] });
    await three.when("getDevicesSeenSince", { since: { seconds: 2 } }).thenExpect({ results: [{ user_id: "bob" }] });
    await three.when("getDevicesSeenSince", { since: { seconds: 5 } }).thenExpect({ results: [], total_count: 0n });
  });
});
