import { describeEntityJournal } from "../../../test/contract/entity-journal.ts";
import { describeEntityStore } from "../../../test/contract/entity-store.ts";
import { describeNoteStore } from "../../../test/contract/note-store.ts";
import { connectAlone } from "../../../test/support/mongodb.ts";
import { useSharedEngines } from "../../../test/support/shared-engines.ts";
import { createMongoEntityStore } from "./entity-store.ts";

describe("MongoDB entity store", () => {
  const engines = useSharedEngines();

  const open = async () => {
    const { db, close } = await connectAlone(engines().mongodb);
    return { store: createMongoEntityStore(db), close };
  };
  describeEntityStore("MongoDB", open);
  describeEntityJournal("MongoDB", open);
  describeNoteStore("MongoDB", open);
});
