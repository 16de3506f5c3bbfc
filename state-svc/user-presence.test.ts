import { Status } from "../runtime/status.ts";
import { specify } from "../runtime/testkit/specify.ts";
import { descriptors } from "../test/support/descriptors.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { stateService } from "./service.ts";
import { userPresence } from "./user-presence.ts";

describe("userPresence", () => {
  const { given } = specify(stateService(descriptors));
  const device = { user_id: "ann", device_id: "phone" };
  const version = 5n;
  const online = { ...device, is_online: true, version, reason: "HEARTBEAT" };

  it("given nothing, when a heartbeat comes, then it is the state, and the message on users", () =>
    given(userPresence, "ann/phone")
      .when(heartbeatEvents, "heartbeatEvent", { ...online, profile: { attr1: "x" }, observed_at: { seconds: 7 } })
      .thenExpect({
        state: { ...online, profile: { attr1: "x" }, last_seen: { seconds: 7, nanos: 0 } },
        topics: { users: [{ ...online, profile: { attr1: "x" } }] },
      }));

  it("given a state, when a newer heartbeat comes, then its state and its message replace it", () =>
    given(userPresence, "ann/phone", online)
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: false, version: 6n, reason: "LEAVE" })
      .thenExpect({
        state: { is_online: false, version: 6n, reason: "LEAVE" },
        topics: { users: [{ is_online: false, version: 6n, reason: "LEAVE" }] },
      }));

  it("given a state, when its own heartbeat is repeated, then the state is told again and stays", () =>
    given(userPresence, "ann/phone", online)
      .when(heartbeatEvents, "heartbeatEvent", online)
      .thenExpect({ reply: online, topics: { users: [online] } }));

  it("given a state, when an overtaken heartbeat comes, then nobody is told, and the state stays", () =>
    given(userPresence, "ann/phone", online)
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: false, version: 4n })
      .thenExpect({ reply: undefined }));

  it("given a producer that knows no versions, when its heartbeat comes, then it gets one", () =>
    given(userPresence, "ann/phone", online)
      .when("togglePresence", { ...device, is_online: false })
      .thenExpect({ reply: { is_online: false }, state: { is_online: false } }));

  it("when a version lies more than a day ahead, or below zero, then it is refused", async () => {
    for (const wrong of [-1n, 1n << 62n]) {
      await given(userPresence, "ann/phone")
        .when("togglePresence", { ...device, version: wrong })
        .thenFails(Status.INVALID_ARGUMENT, "lies more than a day ahead, or below zero");
    }
  });

  it("given nothing, when the state is asked for, then there is none", () =>
    given(userPresence, "ann/phone")
      .when("getCurrentUserPresence", device)
      .thenFails(Status.NOT_FOUND, 'no heartbeat yet from device "phone" of user "ann"'));
});
