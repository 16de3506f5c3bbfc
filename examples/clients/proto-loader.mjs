// proto-loader reads the .proto files when the program starts: nothing is generated, and nothing is typed.
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { credentials, loadPackageDefinition, status } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";

const [address = "localhost:8080"] = process.argv.slice(2);
const root = fileURLToPath(new URL("../..", import.meta.url));
const definition = await load("presence/heartbeat/v1/heartbeat_api.proto", {
  includeDirs: [`${root}proto`, `${root}node_modules/google-proto-files`],
  keepCase: true,
  longs: String,
  defaults: true,
});
const { PresenceHeartbeatEventService } = loadPackageDefinition(definition).presence.heartbeat.v1;
const client = new PresenceHeartbeatEventService(address, credentials.createInsecure());
const heartbeat = promisify(client.HeartbeatEvent).bind(client);

const { is_online, version } = await heartbeat({ user_id: "ann", device_id: "proto-loader", is_online: true });
console.log(`ann is online: ${is_online}, at version ${version}`);

try {
  await heartbeat({ user_id: "ann" });
} catch (error) {
  console.log(`without a device: ${status[error.code]}, ${error.details}`);
}
client.close();
