import { type Entry, judge, merge, nothing, type ReadBack } from "./register.ts";

/** An own change that is on its way to the log. */
type Expected = { readonly version: bigint; readonly base: bigint; readonly resolve: (readBack: ReadBack) => void };
type Seen = { readonly version: bigint; readonly resolve: () => void };

/** The register's keys in this process: the fold of its log so far, and who waits for more of it. */
export type RegisterFold = {
  get(key: string): Entry;
  readonly size: number;
  /** Takes the next record of the log. */
  fold(key: string, entry: Entry): void;
  /** Expects an own change; `settled` resolves when it is read back. One change a key at a time. */
  expect(key: string, version: bigint, base: bigint): { readonly settled: Promise<ReadBack>; cancel(): void };
  /** Resolves when the key has this version or a higher one. */
  reach(key: string, version: bigint): { readonly reached: Promise<void>; cancel(): void };
  /** After a write of unknown outcome the key is in doubt until that write or a later own one is read. */
  doubt(key: string, version: bigint): void;
  isInDoubt(key: string): boolean;
};

export const createRegisterFold = (): RegisterFold => {
  const entries = new Map<string, Entry>();
  const expected = new Map<string, Expected>();
  const waiting = new Map<string, Set<Seen>>();
  const doubts = new Map<string, bigint>();

  return {
    get: (key) => entries.get(key) ?? nothing,
    get size() {
      return entries.size;
    },
    fold(key, entry) {
      const before = entries.get(key) ?? nothing;
      const after = merge(before, entry);
      if (after !== before) entries.set(key, after);
      const doubt = doubts.get(key);
      if (doubt !== undefined && entry.version >= doubt) doubts.delete(key);
      const own = expected.get(key);
      if (own !== undefined && own.version === entry.version) {
        expected.delete(key);
        own.resolve(judge(entry, own.base, before));
      }
      for (const seen of waiting.get(key) ?? []) if (after.version >= seen.version) seen.resolve();
    },
    expect(key, version, base) {
      const settled = new Promise<ReadBack>((resolve) => {
        expected.set(key, { version, base, resolve });
      });
      return { settled, cancel: () => expected.delete(key) };
    },
    reach(key, version) {
      const set = waiting.get(key) ?? new Set<Seen>();
      waiting.set(key, set);
      let seen: Seen;
      const cancel = (): void => {
        set.delete(seen);
        if (set.size === 0 && waiting.get(key) === set) waiting.delete(key);
      };
      const reached = new Promise<void>((resolve) => {
        seen = { version, resolve };
        set.add(seen);
      });
      return { reached, cancel };
    },
    doubt: (key, version) => {
      doubts.set(key, version);
    },
    isInDoubt: (key) => doubts.has(key),
  };
};
