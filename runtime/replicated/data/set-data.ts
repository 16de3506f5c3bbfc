import type { DataType, ReplicatedData } from "./data-type.ts";
import type { Tree } from "./dots.ts";
import { cleared, edited, keysOf, overwrite, removed, type Writer } from "./edit.ts";
import { type ElementOf, type ElementType, elementOf } from "./element.ts";

/** Elements that were added and not removed since: a removal takes away only what it has seen. */
export type SetData<T> = ReplicatedData & {
  readonly size: number;
  has(element: T): boolean;
  add(...elements: readonly T[]): SetData<T>;
  remove(...elements: readonly T[]): SetData<T>;
  clear(): SetData<T>;
  [Symbol.iterator](): Iterator<T>;
};

/** The tree with this key, by a write that no removal so far has seen. */
export const withKey = (tree: Tree, writer: Writer, key: string): Tree =>
  edited(tree, key, (part) => overwrite(part, writer, "present", { number: 0n }));

export const setData = <E extends ElementType>(type: E): DataType<SetData<ElementOf<E>>> => {
  const { toKey, fromKey } = elementOf(type);
  const open: DataType<SetData<ElementOf<E>>> = (tree, writer) => ({
    tree,
    size: tree.root.entries.size,
    has: (element) => tree.root.entries.has(toKey(element)),
    add: (...elements) =>
      open(
        elements.reduce((before, element) => withKey(before, writer, toKey(element)), tree),
        writer,
      ),
    remove: (...elements) =>
      open(
        elements.reduce((before, element) => removed(before, toKey(element)), tree),
        writer,
      ),
    clear: () => open(cleared(tree), writer),
    *[Symbol.iterator]() {
      for (const key of keysOf(tree)) yield fromKey(key);
    },
  });
  return open;
};
