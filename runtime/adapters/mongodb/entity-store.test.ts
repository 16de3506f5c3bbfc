import { describeEntityStore } from "../../../test/contract/entity-store.ts";
import { useMongod } from "../../../test/support/mongodb.ts";
import { createMongoEntityStore } from "./entity-store.ts";

describe("MongoDB entity store", () => {
  const mongod = useMongod();

  describeEntityStore("MongoDB", async () => {
    const { db, close } = await mongod.connect();
    return { store: createMongoEntityStore(db), close };
  });
});
