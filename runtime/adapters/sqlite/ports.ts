import type { Ports } from "../../ports.ts";
import type { Timers } from "../../timers.ts";
import { createSqliteBus } from "./bus.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { createSqliteEntityStore } from "./entity-store.ts";
import { createSqliteViewStore } from "./view-store.ts";

export type SqliteOptions = DatabaseOptions & {
  /** Milliseconds since the epoch; what the event log's append times are. */
  readonly now?: () => number;
  /** What compaction and retention wait by. */
  readonly timers?: Timers;
};

/** All three ports over one embedded store. Throws DATA_IN_USE when another process has it. */
export const openSqlitePorts = ({ now, timers, ...options }: SqliteOptions): Ports => {
  const { db, close } = openDatabase(options);
  const bus = createSqliteBus(db, now, timers);
  const entities = createSqliteEntityStore(db);
  const views = createSqliteViewStore(db, now);
  return {
    bus,
    entities,
    views,
    async close() {
      await bus.close();
      await Promise.all([entities.close(), views.close()]);
      close();
    },
  };
};
