#!/bin/sh
# grpcurl asks the services for their messages (reflection): no file is needed. Reply fields are in lowerCamelCase.
set -eu
address=${1:-localhost:8080}

grpcurl -plaintext "$address" list

grpcurl -plaintext -d '{"user_id": "ann", "device_id": "grpcurl", "is_online": true}' \
  "$address" presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent

grpcurl -plaintext "$address" presence.view.v1.PresenceQueryApi/CountDevices
