import type { DataType, ReplicatedData } from "./data-type.ts";
import { below, cleared, edited, keysOf, removed } from "./edit.ts";
import { type ElementOf, type ElementType, elementOf } from "./element.ts";

/** The data a map may hold, each under a name. */
export type DataTypes = { readonly [name: string]: DataType<ReplicatedData> };

/** Data of the map's type of this name. */
export type DataOf<T extends DataTypes, N extends keyof T> = ReturnType<T[N]>;

/**
 * Data of several types by key. Keys of one type know nothing of those of another, so that a key can never be of
 * two. A key is there while its data holds something.
 */
export type MapData<K, T extends DataTypes> = ReplicatedData & {
  has(type: keyof T & string, key: K): boolean;
  /** The data of a key, empty if the key is not there. */
  get<N extends keyof T & string>(type: N, key: K): DataOf<T, N>;
  update<N extends keyof T & string>(type: N, key: K, change: (data: DataOf<T, N>) => DataOf<T, N>): MapData<K, T>;
  /** Takes away what is seen of the key's data; what comes to it meanwhile stays. */
  remove(type: keyof T & string, key: K): MapData<K, T>;
  clear(): MapData<K, T>;
  keys(type: keyof T & string): IterableIterator<K>;
};

export const mapData = <E extends ElementType, T extends DataTypes>(
  keyType: E,
  types: T,
): DataType<MapData<ElementOf<E>, T>> => {
  const { toKey, fromKey } = elementOf(keyType);
  const open: DataType<MapData<ElementOf<E>, T>> = (tree, writer) => {
    const dataIn = <N extends keyof T & string>(type: N, part: typeof tree): DataOf<T, N> =>
      // The compiler knows the types by name, but not that of one name.
      (types[type] as T[N])(part, writer) as DataOf<T, N>;
    return {
      tree,
      has: (type, key) => below(tree, type).root.entries.has(toKey(key)),
      get: (type, key) => dataIn(type, below(below(tree, type), toKey(key))),
      update: (type, key, change) =>
        open(
          edited(tree, type, (all) => edited(all, toKey(key), (part) => change(dataIn(type, part)).tree)),
          writer,
        ),
      remove: (type, key) =>
        open(
          edited(tree, type, (all) => removed(all, toKey(key))),
          writer,
        ),
      clear: () => open(cleared(tree), writer),
      *keys(type) {
        for (const key of keysOf(below(tree, type))) yield fromKey(key);
      },
    };
  };
  return open;
};
