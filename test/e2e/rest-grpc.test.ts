import { expect } from "chai";
import { type Channel, ClientError, createClient, Metadata } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceStateServiceDefinition } from "../../gen/presence/state/v1/state_api.ts";
import { Status } from "../../runtime/status.ts";
import { connectTo } from "../support/channel.ts";
import { useEnvoy } from "../support/envoy.ts";
import { grpcWeb } from "../support/envoy-grpc-web.ts";
import { UpstreamStatus } from "../support/envoy-upstream.ts";

const { heartbeatEvent } = PresenceHeartbeatEventServiceDefinition.methods;
const heartbeatMethod = "presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent";

const statusOf = async (call: Promise<unknown>): Promise<ClientError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
};

describe("gRPC on the port of REST", () => {
  const fixture = useEnvoy();
  let channel: Channel;

  beforeEach(async () => {
    channel = await connectTo(`127.0.0.1:${fixture().envoy.port}`);
  });
  afterEach(() => channel.close());

  describe("gRPC", () => {
    it("reaches the service", async () => {
      const client = createClient(PresenceHeartbeatEventServiceDefinition, channel);
      const metadata = Metadata({ "x-rollcall-key": "a/b" });
      const reply = await client.heartbeatEvent({ user_id: "a/b", device_id: "d:watch", version: 7n }, { metadata });
      expect(reply).to.deep.include({ user_id: "a/b", device_id: "d:watch", version: 7n, is_online: false });
      expect(fixture().heartbeat.received[0]?.metadata.get("x-rollcall-key")).to.deep.equal(["a/b"]);
    });

    it("takes bodies over REST's limit", async () => {
      const client = createClient(PresenceHeartbeatEventServiceDefinition, channel);
      const reply = await client.heartbeatEvent({ user_id: "u", profile: { attr1: "x".repeat(2_000_000) } });
      expect(reply.profile?.attr1).to.have.length(2_000_000);
    });

    it("keeps status and text of the service", async () => {
      fixture().heartbeat.answerWith(() => {
        throw new UpstreamStatus(Status.NOT_FOUND, "no heartbeat from ü yet");
      });
      const client = createClient(PresenceHeartbeatEventServiceDefinition, channel);
      const error = await statusOf(client.heartbeatEvent({}));
      expect([error.code, error.details]).to.deep.equal([Status.NOT_FOUND, "no heartbeat from ü yet"]);
    });

    it("is UNIMPLEMENTED for an unknown service, with no JSON in the text", async () => {
      const definition = { ...PresenceStateServiceDefinition, fullName: "presence.nope.v1.Nope" };
      const error = await statusOf(createClient(definition, channel).getCurrentUserPresence({}));
      expect(error.code).to.equal(Status.UNIMPLEMENTED);
      expect(error.details).not.to.contain("{");
    });
  });

  for (const text of [false, true]) {
    describe(text ? "gRPC-Web in base64" : "gRPC-Web", () => {
      const call = (user_id: string) =>
        grpcWeb(
          { port: fixture().envoy.port, method: heartbeatMethod, text },
          heartbeatEvent,
          heartbeatEvent.requestType.fromPartial({ user_id, version: 7n }),
        );

      it("reaches the service", async () => {
        const { message, trailers } = await call("ü");
        expect(message).to.deep.include({ user_id: "ü", version: 7n });
        expect(trailers).to.include({ "grpc-status": "0" });
      });

      it("keeps status and text of the service", async () => {
        fixture().heartbeat.answerWith(() => {
          throw new UpstreamStatus(Status.ABORTED, "conflict");
        });
        const { message, trailers } = await call("u");
        expect(message).to.equal(undefined);
        expect(trailers).to.include({ "grpc-status": "10", "grpc-message": "conflict" });
      });
    });
  }

  // Last: nothing brings this upstream back.
  it("is UNAVAILABLE when the service is down, with no JSON in the text", async () => {
    fixture().state.close();
    const error = await statusOf(createClient(PresenceStateServiceDefinition, channel).getCurrentUserPresence({}));
    expect(error.code).to.equal(Status.UNAVAILABLE);
    expect(error.details).to.contain("upstream").and.not.to.contain("{");
  });
});
