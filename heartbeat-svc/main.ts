import { readFileSync } from "node:fs";
import { runService } from "../runtime/run-service.ts";
import { heartbeatService } from "./service.ts";

const descriptors = readFileSync(new URL("../gen/descriptors.binpb", import.meta.url));
await runService(heartbeatService(descriptors), { port: (config) => config.heartbeatPort });
