import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { PlantedBug } from "./composition.ts";
import type { Fault } from "./faults.ts";

/** A run that once broke an invariant, with the fewest faults that did. */
export type Kept = {
  readonly seed: number;
  readonly bug?: PlantedBug | undefined;
  readonly faults: readonly Fault[];
  /** What was broken, and what it was. */
  readonly note: string;
};

const folder = new URL("./seeds/", import.meta.url);

export const readKept = (): Kept[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Kept);

/** Keeps a run beside the others; gives the file's name. */
export const keep = (kept: Kept): string => {
  const name = `seed-${kept.seed}.json`;
  writeFileSync(new URL(name, folder), `${JSON.stringify(kept, undefined, 2)}\n`);
  return name;
};
