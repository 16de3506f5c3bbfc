import { leaseProfiles } from "../runtime/replicated/lease-profile.ts";
import { Status } from "../runtime/status.ts";
import { specify } from "../runtime/testkit/specify.ts";
import { descriptors } from "../test/support/descriptors.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { heartbeatService } from "./service.ts";
import { userPresenceHeartbeat } from "./user-presence-heartbeat.ts";

describe("userPresenceHeartbeat", () => {
  const { given } = specify(heartbeatService(descriptors));
  const register = userPresenceHeartbeat(leaseProfiles.default);
  const device = { user_id: "ann", device_id: "phone" };
  const online = { ...device, is_online: true, version: 5n, reason: "HEARTBEAT" };

  it("given nothing, when a heartbeat comes, then it is held, told on heartbeats, and leased for 75 s", () =>
    given(register, "ann/phone")
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: true, profile: { attr1: "x" } })
      .thenExpect({
        reply: {
          is_modified: true,
          lease_until: { seconds: Date.parse("2026-01-01T00:01:15Z") / 1000, nanos: 0 },
          next_heartbeat: { seconds: 30, nanos: 0 },
        },
        state: { ...device, is_online: true, reason: "HEARTBEAT", profile: { attr1: "x" } },
        topics: { heartbeats: [{ ...device, is_online: true, is_modified: true, profile: { attr1: "x" } }] },
      }));

  it("given a value, when the device says the same again, then nothing is written, and its lease goes on", () =>
    given(register, "ann/phone", online)
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: true })
      .thenExpect({ reply: { is_modified: false, version: 5n, next_heartbeat: { seconds: 30 } } }));

  it("given a value, when its profile changes, then the heartbeat is one that changes something", () =>
    given(register, "ann/phone", { ...online, profile: { attr1: "x", attributes: { a: "1" } } })
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: true, profile: { attr1: "x" } })
      .thenExpect({
        state: { is_online: true, profile: { attr1: "x", attributes: {} } },
        topics: { heartbeats: [{ is_modified: true, profile: { attr1: "x", attributes: {} } }] },
      }));

  it("given a value, when the device leaves, then it is offline at once", () =>
    given(register, "ann/phone", online)
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: false })
      .thenExpect({
        state: { is_online: false, reason: "LEAVE", lease_until: undefined },
        topics: { heartbeats: [{ is_online: false, reason: "LEAVE" }] },
      }));

  it("given a session that has counted to 3, when its second heartbeat comes late, then it has no effect", () =>
    given(register, "ann/phone", { ...online, sessions: [{ session_id: "a", sequence: 3n, is_online: true }] })
      .when(heartbeatEvents, "heartbeatEvent", { ...device, is_online: false, session_id: "a", sequence: 2n })
      .thenExpect({ reply: { is_online: true, is_modified: false } }));

  it("when a profile is larger than 4096 bytes, then it is refused", () =>
    given(register, "ann/phone")
      .when("heartbeat", { ...device, is_online: true, profile: { attr1: "x".repeat(5000) } })
      .thenFails(Status.INVALID_ARGUMENT, "a profile has at most 4096"));

  it("given a value, when a stream says the same and then a leave, then each is answered, and the leave alone is told", () =>
    given(register, "ann/phone", online)
      .when(heartbeatEvents, "heartbeatStream", [
        { ...device, is_online: true },
        { ...device, is_online: false },
        { ...device, device_id: "", is_online: true },
      ])
      .thenExpect({
        reply: [
          { result: { $case: "heartbeat", value: { is_online: true, is_modified: false } } },
          { result: { $case: "heartbeat", value: { is_online: false, is_modified: true } } },
          { result: { $case: "error", value: { code: Status.INVALID_ARGUMENT } } },
        ],
        state: { is_online: false, reason: "LEAVE" },
        topics: { heartbeats: [{ is_online: false, reason: "LEAVE" }] },
      }));
});
