import { expect } from "chai";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { compact } from "./compact.ts";

const heartbeat = Heartbeat.fromPartial({
  user_id: "u",
  device_id: "d",
  profile: { attr1: "steel", attributes: { _unknownFields: "a name like any other", city: "Houston" } },
  sessions: [{ session_id: "s", sequence: 3n, is_online: true }],
  lease_until: { seconds: 1n, nanos: 2 },
});

describe("compact", () => {
  it("leaves the message what it is", () => {
    const bytes = encodeMessage(Heartbeat, heartbeat);
    const kept = compact(decodeMessage(Heartbeat, bytes));
    expect(kept._unknownFields).to.equal(undefined);
    expect(kept.profile?._unknownFields).to.equal(undefined);
    expect(kept.sessions[0]?._unknownFields).to.equal(undefined);
    expect(kept.profile?.attributes).to.deep.equal({ _unknownFields: "a name like any other", city: "Houston" });
    expect(encodeMessage(Heartbeat, kept)).to.deep.equal(bytes);
  });

  it("keeps the fields of a newer client", () => {
    // Field 5000, a varint, in the message and in its profile: tag 40000 is c0 b8 02.
    const unknown = [0xc0, 0xb8, 0x02, 0x07];
    const bytes = Uint8Array.from([0x0a, 0x01, 0x75, 0x22, 0x04, ...unknown, ...unknown]);
    const kept = compact(decodeMessage(Heartbeat, bytes));
    expect(kept).to.have.nested.property("profile._unknownFields.40000");
    expect(encodeMessage(Heartbeat, kept)).to.deep.equal(bytes);
  });
});
