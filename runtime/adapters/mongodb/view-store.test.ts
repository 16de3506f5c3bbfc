import { describeViewStore } from "../../../test/contract/view-store.ts";
import { useMongod } from "../../../test/support/mongodb.ts";
import { createMongoViewStore } from "./view-store.ts";

describe("MongoDB view store", () => {
  const mongod = useMongod({ parameters: { notablescan: true } });

  describeViewStore("MongoDB", async () => {
    const { db, close } = await mongod.connect();
    // Smaller pages than in use, so that the suite reads several.
    const store = createMongoViewStore(db, { pageRows: 500 });
    return {
      store,
      close: async () => {
        await store.close();
        await close();
      },
    };
  });
});
