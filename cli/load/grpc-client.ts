import { type ChannelOptions, Client, credentials, Metadata } from "@grpc/grpc-js";
import { Empty } from "../../gen/google/protobuf/empty.ts";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import type { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { decodeMessage, encodeMessage, type Message, type MessageFns } from "../../runtime/codec.ts";
import type { MeshClient } from "./mesh-client.ts";
import { outcomeOfStatus } from "./outcome.ts";
import type { Row } from "./verdict.ts";

const channel: ChannelOptions = {
  // The list of all users comes in one message, of 16 MiB unless the server was told otherwise.
  "grpc.max_receive_message_length": 64 * 1024 * 1024,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  // A half-open connection is found out by a ping.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 3000,
};

const { heartbeatEvent } = PresenceHeartbeatEventServiceDefinition.methods;
const { getUsers } = PresenceQueryApiDefinition.methods;
const heartbeatPath = `/${PresenceHeartbeatEventServiceDefinition.fullName}/${heartbeatEvent.name}`;
const usersPath = `/${PresenceQueryApiDefinition.fullName}/${getUsers.name}`;

const serializer =
  <T extends Message>(type: MessageFns<T>) =>
  (message: T): Buffer =>
    Buffer.from(encodeMessage(type, message));

const deserializer =
  <T extends Message>(type: MessageFns<T>) =>
  (bytes: Buffer): T =>
    decodeMessage(type, bytes);

const encodeCommand = serializer(heartbeatEvent.requestType);
const decodeHeartbeat = deserializer(heartbeatEvent.responseType);
const encodeEmpty = serializer(getUsers.requestType);
const decodeUsers = deserializer(getUsers.responseType);

/** A client of heartbeat-svc and view-svc, addressed as `host:port`; through Envoy both are its address. */
export const createGrpcClient = (heartbeat: string, view: string): MeshClient => {
  const heartbeats = new Client(heartbeat, credentials.createInsecure(), channel);
  const views = new Client(view, credentials.createInsecure(), channel);
  return {
    beat: ({ userId, deviceId, said, version, sessionId, sequence }, deadlineMs) =>
      new Promise((resolve) => {
        const command = heartbeatEvent.requestType.fromPartial({
          user_id: userId,
          device_id: deviceId,
          is_online: said.isOnline,
          profile: said.profile,
          version,
          session_id: sessionId ?? "",
          sequence: sequence ?? 0n,
        });
        const metadata = new Metadata();
        metadata.set("x-rollcall-key", `${userId}/${deviceId}`);
        const options = { deadline: Date.now() + deadlineMs };
        heartbeats.makeUnaryRequest(
          heartbeatPath,
          encodeCommand,
          decodeHeartbeat,
          command,
          metadata,
          options,
          (error, reply) => {
            if (error !== null) resolve(outcomeOfStatus(error.code));
            else if (reply === undefined) resolve(outcomeOfStatus(2));
            else resolve({ kind: "acknowledged", version: reply.version, isModified: reply.is_modified });
          },
        );
      }),
    users: (deadlineMs) =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + deadlineMs };
        views.makeUnaryRequest(
          usersPath,
          encodeEmpty,
          decodeUsers,
          Empty.fromPartial({}),
          new Metadata(),
          options,
          (error, reply) => {
            if (error !== null) reject(error);
            else resolve((reply?.results ?? []).map(rowOf));
          },
        );
      }),
    close() {
      heartbeats.close();
      views.close();
    },
  };
};

const rowOf = ({ user_id, device_id, is_online, profile }: UserPresenceState): Row => ({
  userId: user_id,
  deviceId: device_id,
  isOnline: is_online,
  profile: profile ?? { attr1: "", attr2: "", attributes: {} },
});
