import {
  PresenceHeartbeatCommand,
  PresenceHeartbeatEventServiceDefinition,
} from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import type { Child } from "./child.ts";
import type { Calls } from "./processes/unary-client.ts";

const { fullName, methods } = PresenceHeartbeatEventServiceDefinition;

/** Paths of the ways to send heartbeats. */
export const paths = {
  unary: `/${fullName}/${methods.heartbeatEvent.name}`,
  batch: `/${fullName}/${methods.heartbeatBatch.name}`,
  stream: `/${fullName}/${methods.heartbeatStream.name}`,
} as const;

/** What the n-th device says, again and again. */
export const commandOf = (device: number, version: bigint): PresenceHeartbeatCommand =>
  PresenceHeartbeatCommand.fromPartial({
    user_id: `rider-${device}`,
    device_id: "phone",
    is_online: true,
    profile: { attr1: "steel", attr2: "blue", attributes: { city: "Houston" } },
    version,
  });

/** The first heartbeat of so many devices; gives the next one of each, which changes nothing. */
export const joinAll = async (client: Child, server: Child, devices: number): Promise<PresenceHeartbeatCommand[]> => {
  const requests = Array.from({ length: devices }, (_, i) =>
    PresenceHeartbeatCommand.encode(commandOf(i, 0n)).finish(),
  );
  const joins: Calls = { port: await server.ask<number>("port"), path: paths.unary, requests };
  const replies = await client.ask<Uint8Array[]>("replies", joins);
  return replies.map((reply, i) => commandOf(i, Heartbeat.decode(reply).version));
};
