import { readFileSync } from "node:fs";
import { runService } from "rollcall";
import { service } from "./service.ts";

const descriptors = readFileSync(new URL("./gen/descriptors.binpb", import.meta.url));
await runService(service(descriptors), { port: (config) => config.port });
