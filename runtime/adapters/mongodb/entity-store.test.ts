import { describeEntityJournal } from "../../../test/contract/entity-journal.ts";
import { describeEntityStore } from "../../../test/contract/entity-store.ts";
import { describeNoteStore } from "../../../test/contract/note-store.ts";
import { useMongod } from "../../../test/support/mongodb.ts";
import { createMongoEntityStore } from "./entity-store.ts";

describe("MongoDB entity store", () => {
  const mongod = useMongod();

  const open = async () => {
    const { db, close } = await mongod.connect();
    return { store: createMongoEntityStore(db), close };
  };
  describeEntityStore("MongoDB", open);
  describeEntityJournal("MongoDB", open);
  describeNoteStore("MongoDB", open);
});
