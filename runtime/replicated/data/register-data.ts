import { latestOf } from "./cells.ts";
import { type Clock, setIn } from "./clock.ts";
import type { DataType, ReplicatedData } from "./data-type.ts";
import { type ElementOf, type ElementType, elementOf } from "./element.ts";

/** One value, replaced as a whole; a clock decides between writes that did not know of each other. */
export type RegisterData<V> = ReplicatedData & {
  /** `undefined` before the first write. */
  readonly value: V | undefined;
  /** The number by which the value stands. */
  readonly clock: bigint | undefined;
  set(value: V, clock?: Clock): RegisterData<V>;
};

export const registerData = <E extends ElementType>(type: E): DataType<RegisterData<ElementOf<E>>> => {
  const { toBytes, fromBytes } = elementOf(type);
  const open: DataType<RegisterData<ElementOf<E>>> = (tree, writer) => ({
    tree,
    get value() {
      const bytes = latestOf(tree.root.cells)?.value;
      return bytes && fromBytes(bytes);
    },
    get clock() {
      return latestOf(tree.root.cells)?.number;
    },
    set: (value, clock = "default") => open(setIn(tree, writer, toBytes(value), clock), writer),
  });
  return open;
};
