import type { Message } from "../codec.ts";
import type { Doubt } from "../component/context.ts";
import { type Change, type Entry, endsWith, fold, hasWon, nothing } from "./register.ts";

/** An own change on its way to the log; `write` tells its record from all others. */
type Expected = { readonly write: string; readonly resolve: (hasWon: boolean) => void };
type DoubtfulWrite = { readonly write: string; readonly version: bigint };
type Awaited = { readonly version: bigint; readonly resolve: () => void };

/** The register's keys in this process: the fold of its log so far, and who waits for more of it. */
export type RegisterFold = {
  get(key: string): Entry;
  readonly size: number;
  /** Takes the next record of the log, and gives what the key holds now; `write` is its author's name for it. */
  take(key: string, change: Change, write: string | undefined): Entry;
  /** Expects an own change: `settled` tells, once it is read back, whether it won. One a key at a time. */
  expect(key: string, write: string): { readonly settled: Promise<boolean>; cancel(): void };
  /** Resolves when the key has this version or a higher one. */
  reach(key: string, version: bigint): { readonly reached: Promise<void>; cancel(): void };
  /** After a write of unknown outcome the key is in doubt until that record, or a higher version, is read. */
  doubt(key: string, write: string, version: bigint): void;
  doubtOf(key: string, entry: Entry): Doubt | undefined;
  /**
   * Keys whose last record is not what they hold: an older one came behind it, or one that is disputed. Compaction
   * would keep that record alone.
   */
  readonly unsettled: ReadonlySet<string>;
  /** Forgets a key that holds nothing since this version, and that nobody waits for. */
  drop(key: string, version: bigint): boolean;
  /** What the key's next version must lie above: what stands, and what may yet come. */
  highestVersion(key: string): bigint;
};

/** `isSame` compares two values of a key, either of which may be a tombstone. */
export const createRegisterFold = (
  isSame: (a: Message | undefined, b: Message | undefined) => boolean,
): RegisterFold => {
  const entries = new Map<string, Entry>();
  const expected = new Map<string, Expected>();
  const awaited = new Map<string, Set<Awaited>>();
  const doubts = new Map<string, DoubtfulWrite>();
  const unsettled = new Set<string>();
  /** The key that was asked for last: a command asks several times for its own. */
  let askedKey: string | undefined;
  let asked = nothing;

  const get = (key: string): Entry => {
    if (key === askedKey) return asked;
    asked = entries.get(key) ?? nothing;
    askedKey = key;
    return asked;
  };

  return {
    get,
    get size() {
      return entries.size;
    },
    take(key, change, write) {
      const before = entries.get(key) ?? nothing;
      const after = fold(before, change);
      if (after !== before) entries.set(key, after);
      askedKey = undefined;
      if (endsWith(after, change, isSame)) unsettled.delete(key);
      else unsettled.add(key);
      const doubt = doubts.get(key);
      if (doubt !== undefined && (doubt.write === write || after.version > doubt.version)) doubts.delete(key);
      const own = expected.get(key);
      if (own !== undefined && own.write === write) {
        expected.delete(key);
        own.resolve(hasWon(change, before));
      }
      for (const each of awaited.get(key) ?? []) if (after.version >= each.version) each.resolve();
      return after;
    },
    expect(key, write) {
      const settled = new Promise<boolean>((resolve) => {
        expected.set(key, { write, resolve });
      });
      return { settled, cancel: () => expected.delete(key) };
    },
    reach(key, version) {
      const set = awaited.get(key) ?? new Set<Awaited>();
      awaited.set(key, set);
      let each: Awaited;
      const cancel = (): void => {
        set.delete(each);
        if (set.size === 0 && awaited.get(key) === set) awaited.delete(key);
      };
      const reached = new Promise<void>((resolve) => {
        each = { version, resolve };
        set.add(each);
      });
      return { reached, cancel };
    },
    doubt: (key, write, version) => {
      doubts.set(key, { write, version });
    },
    doubtOf(key, entry) {
      if (doubts.size > 0 && doubts.has(key)) return "unknown";
      return entry.isDisputed ? "disputed" : undefined;
    },
    unsettled,
    drop(key, version) {
      const entry = entries.get(key);
      const isOver = entry?.value === undefined && entry?.version === version && !entry.isDisputed;
      if (!isOver || unsettled.has(key) || expected.has(key) || awaited.has(key) || doubts.has(key)) return false;
      askedKey = undefined;
      return entries.delete(key);
    },
    highestVersion(key) {
      const standing = (entries.get(key) ?? nothing).version;
      const doubtful = doubts.get(key)?.version ?? 0n;
      return standing > doubtful ? standing : doubtful;
    },
  };
};
