#!/bin/sh
# REST through Envoy: paths and bodies are those of the google.api.http rules in proto/.
set -eu
address=${1:-localhost:8080}

curl --silent --show-error --fail-with-body -X PUT "http://$address/users/ann/devices/curl/heartbeat" \
  -d '{"is_online": true, "profile": {"attr1": "blue"}}'
echo

# The state follows in a moment; until then the device is not known.
curl --silent --show-error --fail --retry 20 --retry-delay 1 --retry-all-errors "http://$address/users/ann/devices/curl"
echo

# A failed call answers a google.rpc.Status, in JSON.
curl --silent "http://$address/users/ann/devices/none"
echo
