import { describeFollow } from "../../../test/contract/view-store-follow.ts";
import { openDatabase } from "./database.ts";
import { createSqliteViewStore } from "./view-store.ts";

describeFollow("sqlite", async () => {
  const { db, close } = openDatabase({ folder: ":memory:" });
  const store = createSqliteViewStore(db);
  return {
    store,
    close: async () => {
      await store.close();
      close();
    },
  };
});
