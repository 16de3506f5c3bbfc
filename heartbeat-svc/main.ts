import { readFileSync } from "node:fs";
import { leaseProfiles } from "../runtime/replicated/lease-profile.ts";
import { runService } from "../runtime/run-service.ts";
import { heartbeatService } from "./service.ts";

const descriptors = readFileSync(new URL("../gen/descriptors.binpb", import.meta.url));
await runService(({ leaseProfile }) => heartbeatService(descriptors, { profile: leaseProfiles[leaseProfile] }), {
  port: (config) => config.heartbeatPort,
});
