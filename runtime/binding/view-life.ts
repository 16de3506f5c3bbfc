import { MeshError } from "../errors.ts";
import { backfillNote } from "../eventing/backfill.ts";
import type { Log } from "../log.ts";
import type { EntityStore, EventBus, Reader, ViewStore } from "../ports.ts";
import { repeat, sleep, type Timers } from "../timers.ts";
import type { DefinedQuery, DefinedTable } from "../view/definition.ts";
import { type LifecycleOptions, maintainIdentity, useIdentity } from "../view/lifecycle.ts";
import type { Preparation } from "../view/store.ts";
import type { ConsumerPlan } from "./consumers.ts";

export type ViewLifeOptions = {
  readonly service: string;
  readonly defined: DefinedTable;
  readonly consumers: readonly ConsumerPlan[];
  readonly store: ViewStore;
  readonly entities: EntityStore;
  readonly bus: EventBus;
  readonly log: Log;
  readonly now: () => number;
  readonly timers: Timers;
};

/** The stored table of a view from the start of a process to its end. */
export type ViewLife = Reader & {
  /** Resolves when the table takes rows. Throws VIEW_NOT_REBUILDABLE. */
  open(): Promise<void>;
  /** Throws VIEW_NOT_READY while what a query needs is still being made. */
  requireReady(query: Pick<DefinedQuery, "compiled">): void;
  /** Everything that was in the stores of its entities is in the table. */
  backfilled(): void;
};

const maintainEveryMs = 10 * 60_000;
const firstBackoffMs = 100;
const lastBackoffMs = 10_000;

export const createViewLife = ({ service, defined, consumers, ...options }: ViewLifeOptions): ViewLife => {
  const { table, name } = defined;
  const { store, entities, timers, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let preparation: Preparation | undefined;
  let isBackfilled = false;
  let stopMaintaining = (): void => {};

  const lifecycle: LifecycleOptions = {
    ...options,
    service,
    table: name,
    id: table.id,
    groups: consumers.map(({ group }) => group),
    scans: consumers.flatMap(({ group, scans = [] }) => scans.map(({ entityType }) => backfillNote(group, entityType))),
    topics: [...new Set(defined.updates.flatMap(({ source }) => (source?.kind === "topic" ? [source.name] : [])))],
    notes: entities.notes,
  };

  /** Until it is done, or the process ends: its next start goes on with it. */
  const finish = async ({ finish: once }: Preparation): Promise<void> => {
    for (let backoff = firstBackoffMs; !signal.aborted; backoff = Math.min(backoff * 2, lastBackoffMs)) {
      try {
        return await once();
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ view: service, table: name, error, retryInMs: backoff }, "columns or indexes could not be made yet");
        await sleep(timers, backoff, { signal }).catch(() => undefined);
      }
    }
  };

  const maintain = (): void => {
    maintainIdentity(lifecycle).catch((error: unknown) =>
      log.warn({ view: service, table: name, error }, "could not look after the versions of the view"),
    );
  };

  return {
    async open() {
      await useIdentity(lifecycle);
      preparation = await store.prepare(table);
      if (preparation.isNew) await preparation.finish();
      else void finish(preparation);
      stopMaintaining = repeat(timers, maintainEveryMs, maintain);
      maintain();
    },
    requireReady({ compiled }) {
      if (!isBackfilled) throw notReady(`table "${name}" is being built from its entities`);
      if (preparation?.isReady(compiled.plan) === true) return;
      throw notReady(`columns or indexes of table "${name}" that this query needs are being made`);
    },
    backfilled() {
      isBackfilled = true;
    },
    async close() {
      stopMaintaining();
      // An index may take hours: the store goes on with it, and the next start waits for it again.
      stopping.abort();
    },
  };
};

const notReady = (reason: string): MeshError =>
  new MeshError("VIEW_NOT_READY", `${reason}; try again`, { retryAfterMs: 1000 });
