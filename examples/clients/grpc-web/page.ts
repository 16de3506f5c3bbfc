// What a web page does: a heartbeat for the one who looks at it, and the number of devices.
import {
  PresenceHeartbeatEventServiceDefinition as heartbeats,
  PresenceHeartbeatCommand,
} from "../../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceQueryApiDefinition as query } from "../../../gen/presence/view/v1/view_api.ts";
import { callUnary } from "./call.ts";

/** `origin` is that of Envoy, such as `http://localhost:8080`. */
export const showPresence = async (origin: string, print: (line: string) => void): Promise<void> => {
  const command = PresenceHeartbeatCommand.fromPartial({ user_id: "ann", device_id: "grpc-web", is_online: true });
  const { is_online } = await callUnary(origin, heartbeats, heartbeats.methods.heartbeatEvent, command);
  print(`ann is online: ${is_online}`);

  const { count } = await callUnary(origin, query, query.methods.countDevices, {});
  print(`${count} devices are known`);

  const nobody = PresenceHeartbeatCommand.fromPartial({});
  await callUnary(origin, heartbeats, heartbeats.methods.heartbeatEvent, nobody).catch((error: Error) =>
    print(`without a user: ${error.message}`),
  );
};
