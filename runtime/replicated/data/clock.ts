import { latestOf } from "./cells.ts";
import type { Tree } from "./dots.ts";
import { overwrite, type Writer } from "./edit.ts";

/**
 * What decides between two values of a register; the highest wins.
 * - `default`: the time of the write, or just above the value it replaces if clocks go wrong: the last write wins.
 * - `reverse`: the first write wins.
 * - `custom`: a number of the application's own; a write that does not exceed what stands has no effect.
 * - `customAutoIncrement`: the same, but the next higher number where the given one would not exceed what stands.
 */
export type Clock = "default" | "reverse" | { readonly custom: bigint } | { readonly customAutoIncrement: bigint };

/** The number of a write; `standing` is that of the value it would replace. */
export const numberOf = (clock: Clock, now: number, standing: bigint | undefined): bigint => {
  if (clock === "reverse") return -BigInt(now);
  if (typeof clock === "object" && "custom" in clock) return clock.custom;
  const wanted = clock === "default" ? BigInt(now) : clock.customAutoIncrement;
  return standing !== undefined && standing >= wanted ? standing + 1n : wanted;
};

/** The leaf with a value, or as it was where the clock says that what stands is to stay. */
export const setIn = (tree: Tree, writer: Writer, value: Uint8Array, clock: Clock): Tree => {
  const standing = latestOf(tree.root.cells)?.number;
  const number = numberOf(clock, writer.now, standing);
  return standing !== undefined && number <= standing ? tree : overwrite(tree, writer, "latest", { number, value });
};
