// The least that answers a heartbeat over grpc-js: the generated codecs and nothing else.
import { type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import {
  type PresenceHeartbeatCommand,
  PresenceHeartbeatEventServiceDefinition,
} from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { answerParent, startCounting } from "./answer-parent.ts";

const { fullName, methods } = PresenceHeartbeatEventServiceDefinition;
const { name, requestType, responseType } = methods.heartbeatEvent;

/** Where the fields come from that a command does not have: a reply of the real service. */
let like = Heartbeat.fromPartial({});
const answerLike = (reply: Uint8Array): void => {
  like = Heartbeat.decode(reply);
};

const heartbeatEvent: handleUnaryCall<PresenceHeartbeatCommand, Heartbeat> = ({ request }, callback) =>
  callback(null, {
    user_id: request.user_id,
    device_id: request.device_id,
    is_online: request.is_online,
    profile: request.profile,
    is_modified: false,
    version: request.version,
    observed_at: like.observed_at,
    reason: like.reason,
    lease_until: like.lease_until,
    next_heartbeat: like.next_heartbeat,
    sessions: like.sessions,
  });

const server = new Server();
server.addService(
  {
    heartbeatEvent: {
      path: `/${fullName}/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: PresenceHeartbeatCommand) => Buffer.from(requestType.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => requestType.decode(bytes),
      responseSerialize: (message: Heartbeat) => Buffer.from(responseType.encode(message).finish()),
      responseDeserialize: (bytes: Buffer) => responseType.decode(bytes),
    },
  },
  { heartbeatEvent },
);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
});
answerParent({ port: () => port, cost: startCounting(), answerLike });
