import { describeViewStore } from "../../../test/contract/view-store.ts";
import { openDatabase } from "./database.ts";
import { createSqliteViewStore } from "./view-store.ts";

describeViewStore("sqlite", async () => {
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
