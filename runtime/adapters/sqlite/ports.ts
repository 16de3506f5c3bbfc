import type { Ports } from "../../ports.ts";
import { createSqliteBus } from "./bus.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { createSqliteEntityStore } from "./entity-store.ts";
import { createSqliteViewStore } from "./view-store.ts";

/** All three ports over one embedded store. Throws DATA_IN_USE when another process has it. */
export const openSqlitePorts = (options: DatabaseOptions): Ports => {
  const { db, close } = openDatabase(options);
  const bus = createSqliteBus(db);
  const entities = createSqliteEntityStore(db);
  const views = createSqliteViewStore(db);
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
