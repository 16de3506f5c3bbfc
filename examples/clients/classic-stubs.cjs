// Classic stubs, as protoc makes them: classes with getters and setters, calls with callbacks. `make stubs` builds them.
const { credentials } = require("@grpc/grpc-js");
const { PresenceHeartbeatEventServiceClient } = require("../../stubs/presence/heartbeat/v1/heartbeat_api_grpc_pb.js");
const { PresenceHeartbeatCommand } = require("../../stubs/presence/heartbeat/v1/heartbeat_api_pb.js");
const { PresenceQueryApiClient } = require("../../stubs/presence/view/v1/view_api_grpc_pb.js");
const { WatchUsersRequest } = require("../../stubs/presence/view/v1/view_api_pb.js");

const [address = "localhost:8080"] = process.argv.slice(2);
const heartbeats = new PresenceHeartbeatEventServiceClient(address, credentials.createInsecure());
const query = new PresenceQueryApiClient(address, credentials.createInsecure());

const command = new PresenceHeartbeatCommand();
command.setUserId("ann");
command.setDeviceId("classic-stubs");
command.setIsOnline(true);

heartbeats.heartbeatEvent(command, (error, reply) => {
  if (error || !reply) throw error;
  console.log(`ann is online: ${reply.getIsOnline()}; due again in ${reply.getNextHeartbeat()?.getSeconds()} s`);
  heartbeats.close();
});

const changes = query.watchUsers(new WatchUsersRequest());
changes.on("data", (/** @type {import("../../stubs/presence/view/v1/view_api_pb.js").UserChange} */ change) => {
  const row = change.getRow();
  // SYNCED, which says that all were told, has none.
  if (row === undefined) return;
  console.log(`${change.getChange()} ${row.getUserId()}/${row.getDeviceId()}`);
  if (row.getDeviceId() === "classic-stubs") changes.cancel();
});
changes.on("error", (error) => {
  // A call that was cancelled ends with an error, too.
  if (!error.message.includes("CANCELLED")) throw error;
  query.close();
});
