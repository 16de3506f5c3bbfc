import { MeshError } from "../../errors.ts";
import type { CompiledQuery } from "../compile-query.ts";
import type { FollowedChange, TableFollower } from "../row-state.ts";
import type { ViewStore, ViewTable } from "../store.ts";
import { type Audience, createAudience, type Listener } from "./audience.ts";
import { createRecentChanges, type RecentChanges } from "./recent-changes.ts";

/** A watcher as the table knows it. */
export type LiveListener = Listener & {
  /** Changes were missed: what the watcher knows is void. */
  reset(): void;
};

/** A watcher's place at a live table, until it leaves. */
export type Seat = {
  readonly epoch: string;
  /** The order up to which the listener was told of everything. */
  position(): bigint;
  snapshot: TableFollower["snapshot"];
  /** Keys of the rows that changed after an order; `undefined` when that is not known any more. */
  since(order: bigint): Set<string> | undefined;
  settle(heldKeys: Iterable<string>): void;
  unsettle(): void;
  leave(): void;
};

/** The live side of a stored table: one follower, however many watch. */
export type LiveTable = {
  /** Follows the table if nobody does yet. Throws SHUTTING_DOWN, STORE_UNAVAILABLE. */
  join(query: CompiledQuery, listener: LiveListener): Promise<Seat>;
  counts(): { readonly watchers: number; readonly queries: number; readonly followers: number };
  /** Ends every watcher with SHUTTING_DOWN, and the follower. */
  close(): Promise<void>;
};

export type LiveTableOptions = {
  readonly store: ViewStore;
  readonly table: ViewTable;
  /** Changes that are remembered for watchers that come back; 10,000 by default. */
  readonly remembered?: number;
  /** How long the table is followed when nobody watches any more, for those who come back; 30 s by default. */
  readonly lingerMs?: number;
};

type Following = { readonly follower: TableFollower; readonly recent: RecentChanges };

export const createLiveTable = (options: LiveTableOptions): LiveTable => {
  const { store, table, remembered = 10_000, lingerMs = 30_000 } = options;
  const audiences = new Map<CompiledQuery, Audience>();
  const listeners = new Set<LiveListener>();
  let following: Promise<Following> | undefined;
  let lingering: NodeJS.Timeout | undefined;
  let isClosed = false;

  const start = async (): Promise<Following> => {
    let recent: RecentChanges | undefined;
    let follower: TableFollower | undefined;
    const onChanges = (changes: readonly FollowedChange[]): void => {
      for (const change of changes) {
        if (recent?.add(change) === false) continue;
        for (const audience of audiences.values()) audience.dispatch(change);
      }
    };
    const onReset = (): void => {
      recent?.restart(follower?.position() ?? 0n);
      for (const listener of listeners) listener.reset();
    };
    follower = await store.follow(table, { onChanges, onReset });
    recent = createRecentChanges(remembered, follower.position());
    return { follower, recent };
  };

  const stop = async (): Promise<void> => {
    clearTimeout(lingering);
    const ending = following;
    following = undefined;
    await ending?.then(({ follower }) => follower.close(), ignoreFailedStart);
  };

  const linger = (): void => {
    clearTimeout(lingering);
    if (listeners.size > 0 || isClosed) return;
    lingering = setTimeout(() => void stop(), lingerMs);
    lingering.unref();
  };

  const follow = (): Promise<Following> => {
    clearTimeout(lingering);
    if (following === undefined) {
      const started = start();
      following = started;
      started.catch(() => {
        if (following === started) following = undefined;
      });
    }
    return following;
  };

  const remove = (query: CompiledQuery, listener: LiveListener): void => {
    if (!listeners.delete(listener)) return;
    const audience = audiences.get(query);
    audience?.remove(listener);
    if (audience?.size === 0) audiences.delete(query);
    linger();
  };

  return {
    async join(query, listener) {
      if (isClosed) throw shuttingDown();
      const audience = audiences.get(query) ?? createAudience(query);
      audience.add(listener);
      audiences.set(query, audience);
      listeners.add(listener);
      try {
        const { follower, recent } = await follow();
        if (isClosed) throw shuttingDown();
        return {
          epoch: follower.epoch,
          position: follower.position,
          snapshot: follower.snapshot,
          since: recent.since,
          settle: (heldKeys) => audience.settle(listener, heldKeys),
          unsettle: () => audience.unsettle(listener),
          leave: () => remove(query, listener),
        };
      } catch (error) {
        remove(query, listener);
        throw error;
      }
    },
    counts: () => ({ watchers: listeners.size, queries: audiences.size, followers: following === undefined ? 0 : 1 }),
    async close() {
      isClosed = true;
      for (const listener of listeners) listener.end(shuttingDown());
      await stop();
    },
  };
};

/** Those who waited for it were told. */
const ignoreFailedStart = (): void => {};

const shuttingDown = (): MeshError =>
  new MeshError("SHUTTING_DOWN", "the server is stopping; call again with the last resume_token", {
    retryAfterMs: 100,
  });
