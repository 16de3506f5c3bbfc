import { readFileSync } from "node:fs";
import { runService } from "../runtime/run-service.ts";
import { stateService } from "./service.ts";

const descriptors = readFileSync(new URL("../gen/descriptors.binpb", import.meta.url));
await runService(({ leaveGraceMs: graceMs }) => stateService(descriptors, { graceMs }), {
  port: (config) => config.statePort,
});
