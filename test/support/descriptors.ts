import { readFileSync } from "node:fs";

/** The project's own descriptor set. */
export const descriptors: Uint8Array = readFileSync("gen/descriptors.binpb");
