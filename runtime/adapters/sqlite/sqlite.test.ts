import { describeEntityJournal } from "../../../test/contract/entity-journal.ts";
import { describeEntityStore } from "../../../test/contract/entity-store.ts";
import { describeEventBus } from "../../../test/contract/event-bus.ts";
import { describeNoteStore } from "../../../test/contract/note-store.ts";
import { createSqliteBus } from "./bus.ts";
import { openDatabase } from "./database.ts";
import { createSqliteEntityStore } from "./entity-store.ts";

describeEventBus("SQLite", async () => {
  const { db, close } = openDatabase({ folder: ":memory:" });
  const bus = createSqliteBus(db);
  return {
    bus,
    close: async () => {
      await bus.close();
      close();
    },
  };
});

const open = async () => {
  const { db, close } = openDatabase({ folder: ":memory:" });
  return { store: createSqliteEntityStore(db), close: async () => close() };
};
describeEntityStore("SQLite", open);
describeEntityJournal("SQLite", open);
describeNoteStore("SQLite", open);
