import { readFileSync } from "node:fs";
import { runService } from "../runtime/run-service.ts";
import { viewService } from "./service.ts";

const descriptors = readFileSync(new URL("../gen/descriptors.binpb", import.meta.url));
await runService(viewService(descriptors), { port: (config) => config.viewPort });
