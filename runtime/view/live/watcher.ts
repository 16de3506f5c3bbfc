import type { Message } from "../../codec.ts";
import type { CompiledQuery } from "../compile-query.ts";
import { createMatcher } from "../matcher.ts";
import { type FollowedChange, isNewerState, type Positions } from "../row-state.ts";
import type { LiveTable, Seat } from "./live-table.ts";
import { createPending } from "./pending.ts";

export type LiveChange = "ENTER" | "UPDATE" | "LEAVE" | "SYNCED" | "RESYNC";

/** What a watcher is told. */
export type LiveEvent = {
  readonly change: LiveChange;
  /** Empty for SYNCED and RESYNC. */
  readonly key: string;
  /** Of LEAVE the row as it is now, if it still is. */
  readonly row: Message | undefined;
  /** Where a watcher that has seen this can resume; `undefined` before the first SYNCED. */
  readonly position: Position | undefined;
};

export type Position = { readonly epoch: string; readonly order: bigint };

export type WatchOptions = {
  readonly live: LiveTable;
  readonly query: CompiledQuery;
  readonly request: Message;
  /** The same for requests that ask for the same. */
  readonly requestKey: string;
  readonly resumeFrom: Position | undefined;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** SYNCED comes again after such a silence. */
  readonly idleMs: number;
  /** What the caller is given for a row; `undefined` takes it out of the result. */
  readonly show?: ((row: Message) => Message | undefined) | undefined;
};

/**
 * The rows of a query and every change of them: ENTER for each row, SYNCED, then ENTER, UPDATE and LEAVE. A reader that
 * is slow misses states of a row, never the last one. RESYNC means that what was told before is void and all rows come
 * again.
 */
export async function* watch(options: WatchOptions): AsyncGenerator<LiveEvent> {
  const { live, query, request, requestKey, signal, show = (row: Message) => row } = options;
  const matches = createMatcher(query.checked.where, query.checked.columns);
  const pending = createPending();
  /** Rows that the caller has. */
  const members = new Set<string>();
  /** Positions of the snapshot's rows, until the follower is past them. */
  let read = new Map<string, Positions>();
  let readUpTo = 0n;
  /** After a resume, rows that the caller may have had before, or not: until the follower is past the snapshot. */
  let untold: Set<string> | undefined;
  let isSettled = false;
  let isReset = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => {};

  const seat: Seat = await live.join(query, {
    request,
    requestKey,
    note(change, isMatch) {
      if (!isMatch && isSettled && !members.has(change.key) && !pending.has(change.key)) return false;
      pending.put(change, isMatch);
      wake();
      return true;
    },
    reset() {
      isReset = true;
      wake();
    },
    end(error) {
      failure = { error };
      wake();
    },
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);

  const isOver = (): boolean => {
    if (failure !== undefined) throw failure.error;
    return signal.aborted;
  };
  const position = (): Position => {
    const first = pending.firstOrder();
    return { epoch: seat.epoch, order: first === undefined ? seat.position() : first - 1n };
  };

  /** Resolves with false when nothing came for the idle time. */
  const news = (): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), options.idleMs);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });

  const decide = ({ key, order }: FollowedChange, isMatch: boolean): LiveChange | undefined => {
    // The snapshot may have been ahead of the follower: what it did not say is said now.
    const isMissed = untold !== undefined && order <= readUpTo;
    if (!isMatch) return members.delete(key) || isMissed ? "LEAVE" : undefined;
    if (members.has(key)) return isMissed && untold?.delete(key) === true ? "ENTER" : "UPDATE";
    members.add(key);
    return "ENTER";
  };

  /** When the follower is past the snapshot, all that concerns the watcher is what it holds and what matches. */
  const settle = (): void => {
    if (isSettled || seat.position() < readUpTo) return;
    read = new Map();
    untold = undefined;
    seat.settle(members);
    isSettled = true;
  };

  /** `touched` are the rows that may differ from what a caller that resumes has. */
  async function* takeSnapshot(touched: Set<string> | undefined): AsyncGenerator<LiveEvent> {
    const from = touched && options.resumeFrom;
    for await (const { rows, upTo } of seat.snapshot(query.plan, request)) {
      readUpTo = upTo;
      for (const { key, row, at } of rows) {
        if (row === undefined || members.has(key) || matches(row, request) !== true) continue;
        const shown = show(row);
        if (shown === undefined) continue;
        members.add(key);
        if (touched !== undefined && !touched.delete(key)) {
          untold?.add(key);
          continue;
        }
        read.set(key, at);
        yield { change: "ENTER", key, row: shown, position: from };
        if (isOver() || isReset) return;
      }
    }
    for (const key of touched ?? []) yield { change: "LEAVE", key, row: undefined, position: from };
  }

  async function* follow(): AsyncGenerator<LiveEvent> {
    while (!isOver() && !isReset) {
      const next = pending.take();
      if (next === undefined) {
        settle();
        if (!(await news())) yield { change: "SYNCED", key: "", row: undefined, position: position() };
        continue;
      }
      const { change } = next;
      const known = read.get(change.key);
      if (known !== undefined && !isNewerState(change, known)) continue;
      read.delete(change.key);
      const shown = change.row && show(change.row);
      const kind = decide(change, next.isMatch && shown !== undefined);
      if (kind !== undefined) yield { change: kind, key: change.key, row: shown, position: position() };
    }
  }

  try {
    let touched = options.resumeFrom?.epoch === seat.epoch ? seat.since(options.resumeFrom.order) : undefined;
    let isAgain = options.resumeFrom !== undefined && touched === undefined;
    while (!isOver()) {
      if (isAgain) yield { change: "RESYNC", key: "", row: undefined, position: undefined };
      untold = touched && new Set();
      yield* takeSnapshot(touched);
      if (!isReset && !isOver()) {
        yield { change: "SYNCED", key: "", row: undefined, position: position() };
        yield* follow();
      }
      seat.unsettle();
      isSettled = false;
      isReset = false;
      isAgain = true;
      touched = undefined;
      members.clear();
      read.clear();
      pending.clear();
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    seat.leave();
  }
}
