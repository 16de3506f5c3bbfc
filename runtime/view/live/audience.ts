import type { Message } from "../../codec.ts";
import type { CompiledQuery } from "../compile-query.ts";
import { createMatcher } from "../matcher.ts";
import type { FollowedChange } from "../row-state.ts";
import { equalityOf } from "./equality.ts";

/** Takes what was found of a row for one watcher. */
export type Listener = {
  readonly request: Message;
  /** Of watchers whose requests ask for the same. */
  readonly requestKey: string;
  /** Says whether the watcher has the row, or will be told of it. */
  note(change: FollowedChange, isMatch: boolean): boolean;
  /** The watcher cannot go on. */
  end(error: unknown): void;
};

/** The watchers of one query. */
export type Audience = {
  readonly size: number;
  /** A watcher that is not settled yet hears of every change. Throws MISSING_PARAMETER. */
  add(listener: Listener): void;
  /** The listener has taken its snapshot and holds these rows; it hears of what can concern it. */
  settle(listener: Listener, heldKeys: Iterable<string>): void;
  unsettle(listener: Listener): void;
  remove(listener: Listener): void;
  dispatch(change: FollowedChange): void;
};

/**
 * Matches each change once for all watchers with one request. Where the condition has `column = :parameter`, only those
 * are asked whose parameter the row has, or had when it was last told of.
 */
export const createAudience = ({ checked }: CompiledQuery): Audience => {
  const matches = createMatcher(checked.where, checked.columns);
  const equality = equalityOf(checked.where, checked.columns);
  const all = new Map<Listener, string>();
  const unsettled = new Set<Listener>();
  /** Settled watchers by the value of their parameter. */
  const byValue = new Map<string, Set<Listener>>();
  /** Values by which a row may be held, by its key. */
  const heldBy = new Map<string, Set<string>>();

  const concerned = ({ key, row }: FollowedChange): Iterable<Listener> => {
    if (equality === undefined) return all.keys();
    const values = new Set(heldBy.get(key));
    const value = row && equality.ofRow(row);
    if (value !== undefined) values.add(value);
    return [...unsettled, ...[...values].flatMap((each) => [...(byValue.get(each) ?? [])])];
  };

  const unindex = (listener: Listener): void => {
    const value = all.get(listener) ?? "";
    const peers = byValue.get(value);
    peers?.delete(listener);
    if (peers?.size === 0) byValue.delete(value);
  };

  return {
    get size() {
      return all.size;
    },
    add(listener) {
      all.set(listener, equality?.ofRequest(listener.request) ?? "");
      unsettled.add(listener);
    },
    settle(listener, heldKeys) {
      const value = all.get(listener);
      if (value === undefined || !unsettled.delete(listener) || equality === undefined) return;
      byValue.set(value, (byValue.get(value) ?? new Set()).add(listener));
      for (const key of heldKeys) heldBy.set(key, (heldBy.get(key) ?? new Set()).add(value));
    },
    unsettle(listener) {
      if (!all.has(listener)) return;
      unindex(listener);
      unsettled.add(listener);
    },
    remove(listener) {
      unindex(listener);
      all.delete(listener);
      unsettled.delete(listener);
      if (all.size === 0) heldBy.clear();
    },
    dispatch(change) {
      const verdicts = new Map<string, boolean>();
      const holding = new Set<string>();
      for (const listener of concerned(change)) {
        try {
          let isMatch = verdicts.get(listener.requestKey);
          if (isMatch === undefined) {
            isMatch = change.row !== undefined && matches(change.row, listener.request) === true;
            verdicts.set(listener.requestKey, isMatch);
          }
          if (listener.note(change, isMatch)) holding.add(all.get(listener) ?? "");
        } catch (error) {
          listener.end(error);
        }
      }
      if (equality === undefined) return;
      if (holding.size > 0) heldBy.set(change.key, holding);
      else heldBy.delete(change.key);
    },
  };
};
