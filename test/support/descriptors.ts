import { readFileSync } from "node:fs";

/** The project's own descriptor set. */
export const descriptors: Uint8Array = readFileSync(new URL("../../gen/descriptors.binpb", import.meta.url));
