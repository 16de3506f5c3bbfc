import { createHash, randomUUID } from "node:crypto";
import type { ConsumedPosition } from "./applied.ts";
import type { EntityKey } from "./key.ts";

/** The keys of the entities that a unit creates, in the order of its calls. */
export type MadeKeys = {
  next(): EntityKey;
  /** The same keys, from the first one on. */
  again(): MadeKeys;
};

/** Random, but for a consumed record: it makes the same keys however often it is delivered, so it is applied once. */
export const createMadeKeys = (position: ConsumedPosition | undefined, known: string[] = []): MadeKeys => {
  let count = 0;
  return {
    next() {
      const n = count++;
      known[n] ??= position === undefined ? randomUUID() : uuidOf(`${position.source}/${position.offset}/${n}`);
      const text = known[n] as string;
      return { text, partitionKey: text };
    },
    again: () => createMadeKeys(position, known),
  };
};

/** A UUID, in the form of version 4, that a text always comes to. */
const uuidOf = (text: string): string => {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};
