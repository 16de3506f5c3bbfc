import { sumOf } from "./cells.ts";
import { addTo } from "./counter-data.ts";
import type { DataType, ReplicatedData } from "./data-type.ts";
import { below, cleared, edited, keysOf, removed } from "./edit.ts";
import { type ElementOf, type ElementType, elementOf } from "./element.ts";

/** A counter a key. A removal takes away what it has seen; counting that goes on meanwhile keeps the key. */
export type CounterMapData<K> = ReplicatedData & {
  readonly size: number;
  has(key: K): boolean;
  /** 0 for a key that is not there. */
  get(key: K): bigint;
  increment(key: K, by?: bigint | number): CounterMapData<K>;
  decrement(key: K, by?: bigint | number): CounterMapData<K>;
  remove(...keys: readonly K[]): CounterMapData<K>;
  clear(): CounterMapData<K>;
  keys(): IterableIterator<K>;
  [Symbol.iterator](): Iterator<readonly [key: K, value: bigint]>;
};

export const counterMapData = <E extends ElementType>(type: E): DataType<CounterMapData<ElementOf<E>>> => {
  const { toKey, fromKey } = elementOf(type);
  const open: DataType<CounterMapData<ElementOf<E>>> = (tree, writer) => {
    const { entries } = tree.root;
    const add = (key: ElementOf<E>, by: bigint) =>
      open(
        edited(tree, toKey(key), (part) => addTo(part, writer, by)),
        writer,
      );
    return {
      tree,
      size: entries.size,
      has: (key) => entries.has(toKey(key)),
      get: (key) => sumOf(below(tree, toKey(key)).root.cells),
      increment: (key, by = 1n) => add(key, BigInt(by)),
      decrement: (key, by = 1n) => add(key, -BigInt(by)),
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
        for (const key of keysOf(tree)) yield [fromKey(key), sumOf(below(tree, key).root.cells)];
      },
    };
  };
  return open;
};
