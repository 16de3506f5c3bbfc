import type { EntityStore, ViewStore } from "../../ports.ts";
import { connectMongo, type MongoOptions } from "./client.ts";
import { createMongoEntityStore } from "./entity-store.ts";
import { createMongoViewStore } from "./view-store.ts";

export type MongoStores = {
  readonly entities: EntityStore;
  readonly views: ViewStore;
  close(): Promise<void>;
};

export type MongoStoresOptions = MongoOptions & {
  /** How long writes wait for company when none is under way; not at all when left out. */
  readonly coalesceWindowMs?: number;
};

/** Both stores over one connection. Throws STORE_UNAVAILABLE when there is no server. */
export const openMongoStores = async ({ coalesceWindowMs, ...options }: MongoStoresOptions): Promise<MongoStores> => {
  const { db, close } = await connectMongo(options);
  const entities = createMongoEntityStore(db, { coalesceWindowMs });
  const views = createMongoViewStore(db, { coalesceWindowMs, log: options.log });
  return {
    entities,
    views,
    async close() {
      await Promise.all([entities.close(), views.close()]);
      await close();
    },
  };
};
