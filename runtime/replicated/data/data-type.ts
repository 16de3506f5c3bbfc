import type { Tree } from "./dots.ts";
import type { Writer } from "./edit.ts";

/** Replicated data as a handler has it: what it changes is a new one. */
export type ReplicatedData = {
  /** What is replicated. */
  readonly tree: Tree;
};

/** Makes data of a tree, for one writer. */
export type DataType<V extends ReplicatedData> = (tree: Tree, writer: Writer) => V;
