import { sumOf } from "./cells.ts";
import type { DataType, ReplicatedData } from "./data-type.ts";
import type { Tree } from "./dots.ts";
import { type Writer, writeBeside } from "./edit.ts";

/** A sum of what all replicas have added and taken away. */
export type CounterData = ReplicatedData & {
  readonly value: bigint;
  /** By 1, unless another whole number is given. */
  increment(by?: bigint | number): CounterData;
  decrement(by?: bigint | number): CounterData;
};

export const addTo = (tree: Tree, writer: Writer, by: bigint): Tree => {
  const own = tree.root.cells.get(writer.actor)?.number ?? 0n;
  return writeBeside(tree, writer, "sum", { number: BigInt.asIntN(64, own + by) });
};

export const counterData: DataType<CounterData> = (tree, writer) => ({
  tree,
  get value() {
    return sumOf(tree.root.cells);
  },
  increment: (by = 1n) => counterData(addTo(tree, writer, BigInt(by)), writer),
  decrement: (by = 1n) => counterData(addTo(tree, writer, -BigInt(by)), writer),
});
