import type { DataType, ReplicatedData } from "./data-type.ts";
import { below, cleared, edited, keysOf, removed } from "./edit.ts";
import { type ElementOf, type ElementType, elementOf } from "./element.ts";
import { withKey } from "./set-data.ts";

/** A set of values a key. A key without values is not there. */
export type MultiMapData<K, V> = ReplicatedData & {
  /** How many keys there are. */
  readonly size: number;
  /** Whether the key is there, or the value among its values. */
  has(key: K, value?: V): boolean;
  get(key: K): readonly V[];
  put(key: K, ...values: readonly V[]): MultiMapData<K, V>;
  remove(key: K, ...values: readonly V[]): MultiMapData<K, V>;
  removeAll(key: K): MultiMapData<K, V>;
  clear(): MultiMapData<K, V>;
  keys(): IterableIterator<K>;
  [Symbol.iterator](): Iterator<readonly [key: K, values: readonly V[]]>;
};

export const multiMapData = <E extends ElementType, F extends ElementType>(
  keyType: E,
  valueType: F,
): DataType<MultiMapData<ElementOf<E>, ElementOf<F>>> => {
  const keys = elementOf(keyType);
  const values = elementOf(valueType);
  const open: DataType<MultiMapData<ElementOf<E>, ElementOf<F>>> = (tree, writer) => {
    const { entries } = tree.root;
    const valuesBelow = (key: string): readonly ElementOf<F>[] =>
      keysOf(below(tree, key)).map((each) => values.fromKey(each));
    return {
      tree,
      size: entries.size,
      has: (key, value) => {
        const node = entries.get(keys.toKey(key));
        return node !== undefined && (value === undefined || node.entries.has(values.toKey(value)));
      },
      get: (key) => valuesBelow(keys.toKey(key)),
      put: (key, ...added) =>
        open(
          edited(tree, keys.toKey(key), (part) =>
            added.reduce((before, value) => withKey(before, writer, values.toKey(value)), part),
          ),
          writer,
        ),
      remove: (key, ...gone) =>
        open(
          edited(tree, keys.toKey(key), (part) =>
            gone.reduce((before, value) => removed(before, values.toKey(value)), part),
          ),
          writer,
        ),
      removeAll: (key) => open(removed(tree, keys.toKey(key)), writer),
      clear: () => open(cleared(tree), writer),
      *keys() {
        for (const key of keysOf(tree)) yield keys.fromKey(key);
      },
      *[Symbol.iterator]() {
        for (const key of keysOf(tree)) yield [keys.fromKey(key), valuesBelow(key)];
      },
    };
  };
  return open;
};
