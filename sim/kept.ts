import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../engines/project-root.ts";
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

const folder = join(projectRoot(), "sim", "seeds");

export const readKept = (): Kept[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Kept);

/** Keeps a run beside the others; gives the file's name. */
export const keep = (kept: Kept): string => {
  const name = `seed-${kept.seed}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(kept, undefined, 2)}\n`);
  return name;
};
