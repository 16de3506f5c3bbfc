// nice-grpc over the generated definitions: promises, async iterables, messages as plain data.
import { createChannel, createClient } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";

const [address = "localhost:8080"] = process.argv.slice(2);
const channel = createChannel(address);
const heartbeats = createClient(PresenceHeartbeatEventServiceDefinition, channel);
const query = createClient(PresenceQueryApiDefinition, channel);

const { is_online, next_heartbeat } = await heartbeats.heartbeatEvent({
  user_id: "ann",
  device_id: "nice-grpc",
  is_online: true,
  profile: { attr1: "blue", attributes: { team: "red" } },
});
console.log(`ann is online: ${is_online}; the next heartbeat is due in ${next_heartbeat?.seconds} s`);

// First the devices that are there, then every change, for as long as one listens.
for await (const { change, row } of query.watchUsers({})) {
  // SYNCED, which says that all were told, has none.
  if (row === undefined) continue;
  console.log(`${change} ${row.user_id}/${row.device_id}`);
  if (row.device_id === "nice-grpc") break;
}
channel.close();
