import { readFileSync } from "node:fs";
import { runService } from "../runtime/run-service.ts";
import { heartbeatOptions, heartbeatService } from "./service.ts";

const descriptors = readFileSync(new URL("../gen/descriptors.binpb", import.meta.url));
await runService((config) => heartbeatService(descriptors, heartbeatOptions(config)), {
  port: (config) => config.heartbeatPort,
});
