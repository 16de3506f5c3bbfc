import { emptyTree, mergeTrees, type Tree } from "./dots.ts";

/**
 * What a key holds. Within a generation all writes merge. A deletion begins a new one, and so does forgetting the
 * actors of the present one: whatever comes from an older generation after that is not part of it.
 */
export type Generation = {
  /** The version it began with; 0 for the first. */
  readonly number: bigint;
  /** `undefined` where the key does not exist. */
  readonly tree: Tree | undefined;
};

export const firstGeneration: Generation = { number: 0n, tree: undefined };

/** Of two generations the newer, of one all writes: commutative, associative and idempotent. */
export const mergeGenerations = (a: Generation, b: Generation): Generation => {
  if (a.number !== b.number) return a.number > b.number ? a : b;
  if (a.tree === undefined || b.tree === undefined) return a.tree === undefined ? b : a;
  return { number: a.number, tree: mergeTrees(a.tree, b.tree) };
};

export const treeOf = ({ tree }: Generation): Tree => tree ?? emptyTree;
