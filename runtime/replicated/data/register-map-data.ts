import { latestOf } from "./cells.ts";
import { type Clock, setIn } from "./clock.ts";
import type { DataType, ReplicatedData } from "./data-type.ts";
import type { Node } from "./dots.ts";
import { below, cleared, edited, keysOf, removed } from "./edit.ts";
import { type ElementOf, type ElementType, elementOf } from "./element.ts";

/** A register a key. A removal takes away what it has seen; a value that is set meanwhile stays. */
export type RegisterMapData<K, V> = ReplicatedData & {
  readonly size: number;
  has(key: K): boolean;
  get(key: K): V | undefined;
  set(key: K, value: V, clock?: Clock): RegisterMapData<K, V>;
  remove(...keys: readonly K[]): RegisterMapData<K, V>;
  clear(): RegisterMapData<K, V>;
  keys(): IterableIterator<K>;
  [Symbol.iterator](): Iterator<readonly [key: K, value: V]>;
};

export const registerMapData = <E extends ElementType, F extends ElementType>(
  keyType: E,
  valueType: F,
): DataType<RegisterMapData<ElementOf<E>, ElementOf<F>>> => {
  const { toKey, fromKey } = elementOf(keyType);
  const { toBytes, fromBytes } = elementOf(valueType);
  const valueIn = ({ cells }: Node): ElementOf<F> | undefined => {
    const bytes = latestOf(cells)?.value;
    return bytes && fromBytes(bytes);
  };
  const open: DataType<RegisterMapData<ElementOf<E>, ElementOf<F>>> = (tree, writer) => {
    const { entries } = tree.root;
    return {
      tree,
      size: entries.size,
      has: (key) => entries.has(toKey(key)),
      get: (key) => valueIn(below(tree, toKey(key)).root),
      set: (key, value, clock = "default") =>
        open(
          edited(tree, toKey(key), (part) => setIn(part, writer, toBytes(value), clock)),
          writer,
        ),
      remove: (...keys) =>
        open(
          keys.reduce((before, key) => removed(before, toKey(key)), tree),
          writer,
        ),
      clear: () => open(cleared(tree), writer),
      *keys() {
        for (const key of keysOf(tree)) yield fromKey(key);
      },
      *[Symbol.iterator]() {
        for (const key of keysOf(tree)) {
          const value = valueIn(below(tree, key).root);
          if (value !== undefined) yield [fromKey(key), value];
        }
      },
    };
  };
  return open;
};
