import { Status } from "../runtime/status.ts";
import { specify } from "../runtime/testkit/specify.ts";
import { descriptors } from "../test/support/descriptors.ts";
import { stateService } from "./service.ts";
import { userEvents } from "./user-events.ts";
import { userStatus } from "./user-status.ts";

describe("userStatus", () => {
  const { given } = specify(stateService(descriptors));
  const user = userStatus();
  const phone = { user_id: "ann", device_id: "phone", version: 1n, is_online: true };
  const withPhone = {
    user_id: "ann",
    is_online: true,
    version: 1n,
    devices_online: 1,
    devices: [{ device_id: "phone", version: 1n, is_online: true }],
  };

  it("given nothing, when a device changes, then its user is told on presence", () =>
    given(user, "ann")
      .when(userEvents, "userEvent", phone)
      .thenExpect({
        state: { user_id: "ann", is_online: true, devices_online: 1 },
        topics: { presence: [{ user_id: "ann", is_online: true }] },
      }));

  it("given a user with a device, when a second one comes, then the user is no other, and nobody is told", () =>
    given(user, "ann", { ...withPhone, profile: {} })
      .when(userEvents, "userEvent", { ...phone, device_id: "watch", version: 2n })
      .thenExpect({ reply: undefined, state: { is_online: true, devices_online: 2, version: 1n } }));

  it("given a user with a device, when the device leaves, then nobody is told yet", () =>
    given(user, "ann", { ...withPhone, profile: {} })
      .when(userEvents, "userEvent", { ...phone, version: 2n, is_online: false, reason: "LEAVE" })
      .thenExpect({ reply: undefined, state: { is_online: true, devices_online: 0, version: 1n } }));

  it("given a user with a device, when the device falls silent, then so does the user", () =>
    given(user, "ann", withPhone)
      .when(userEvents, "userEvent", { ...phone, version: 2n, is_online: false, reason: "TIMEOUT" })
      .thenExpect({
        state: { is_online: false, devices_online: 0 },
        topics: { presence: [{ is_online: false, devices_online: 0 }] },
      }));

  it("given a user with a device, when an older change of it comes, then nothing happens", () =>
    given(user, "ann", withPhone)
      .when("changeDevice", { user_id: "ann", device: { ...phone, is_online: false } })
      .thenExpect({ reply: { is_modified: false, status: { is_online: true } } }));

  it("given nothing, when the user is asked for, then there is none", () =>
    given(user, "ann")
      .when("getUserStatus", { user_id: "ann" })
      .thenFails(Status.NOT_FOUND, 'no device of user "ann" yet'));
});
