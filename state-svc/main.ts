import { readFileSync } from "node:fs";
import { runService } from "../runtime/run-service.ts";
import { stateService } from "./service.ts";

const descriptors = readFileSync(new URL("../gen/descriptors.binpb", import.meta.url));
await runService(stateService(descriptors), { port: (config) => config.statePort });
