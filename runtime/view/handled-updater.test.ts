import { expect } from "chai";
import fc from "fast-check";
import { findAll } from "../../test/contract/view-store.ts";
import { connectAlone } from "../../test/support/mongodb.ts";
import { useSharedEngines } from "../../test/support/shared-engines.ts";
import { type Customers, loadCustomers } from "../../test/view-protos/customers.ts";
import { createMongoViewStore } from "../adapters/mongodb/view-store.ts";
import { openDatabase } from "../adapters/sqlite/database.ts";
import { createSqliteViewStore } from "../adapters/sqlite/view-store.ts";
import { fieldOf } from "../codec.ts";
import { deleteState, ignore, updateState } from "../component/effects.ts";
import type { RowEffect } from "../component/view.ts";
import { createHandledUpdater, type HandledEvent } from "./handled-updater.ts";
import type { ViewStore, ViewTable } from "./store.ts";

type Step = "append" | "delete" | "ignore";

/** The laws of rows that handlers make, over any store. */
const describeLaws = (name: string, open: () => Promise<{ store: ViewStore; close: () => Promise<void> }>): void => {
  describe(`rows made by handlers, on ${name}`, () => {
    let customers: Customers;
    let store: ViewStore;
    let close: () => Promise<void>;
    let table: ViewTable;

    before(async () => {
      customers = await loadCustomers();
      ({ store, close } = await open());
    });
    after(() => close());

    const openTable = async (): Promise<void> => {
      table = customers.table(customers.query("SELECT * FROM customers"));
      await store.open(table);
    };

    /** Each event appends its number to the row's name: what was applied, how often and in what order shows. */
    const eventsOf = (steps: readonly Step[], source = "journal", key = "k"): HandledEvent[] =>
      steps.map((step, i) => ({
        source,
        subject: key,
        recordKey: key,
        message: {},
        sequence: `${i + 10}.0`,
        previous: i === 0 ? undefined : `${i + 9}.0`,
        partition: 0,
        offset: BigInt(i),
        isIgnored: false,
        update: (row): RowEffect => {
          if (step === "delete") return deleteState();
          if (step === "ignore") return ignore();
          const before = row === undefined ? "" : String(fieldOf(row, "name"));
          return updateState(customers.customer.fromPartial({ customer_id: key, name: `${before},${i}` }));
        },
      }));

    const expectedName = (steps: readonly Step[]): string | undefined =>
      steps.reduce<string | undefined>((name, step, i) => {
        if (step === "delete") return undefined;
        return step === "ignore" ? name : `${name ?? ""},${i}`;
      }, undefined);

    const nameOf = async (key = "k"): Promise<unknown> => {
      const row = (await store.load(table, [key])).get(key)?.row;
      return row && fieldOf(row, "name");
    };

    const updaterOf = (journal: readonly HandledEvent[]) =>
      createHandledUpdater<HandledEvent>({
        store,
        table,
        keyFields: [],
        handle: (event) => event,
        history: async function* () {
          yield* journal;
        },
      });

    it("are found by any name of an enum value, whichever the handler wrote", async () => {
      const query = customers.query("SELECT * FROM customers WHERE tier = 'TIER_GOLD'");
      table = customers.table(query);
      await store.open(table);
      for (const tier of ["TIER_GOLD", "TIER_AURUM", "TIER_SILVER"]) {
        const update = (): RowEffect => updateState(customers.customer.fromPartial({ customer_id: tier, tier }));
        const [event] = eventsOf(["append"], "journal", tier);
        await updaterOf([]).apply([{ ...(event as HandledEvent), update }]);
      }
      const found = await findAll(store, table, query, customers.request.fromPartial({}));
      expect(found.map((row) => fieldOf(row, "customer_id")).sort()).to.deep.equal(["TIER_AURUM", "TIER_GOLD"]);
    });

    it("end as the fold of the events, whatever is repeated, reordered, lost or delivered by a zombie", async () => {
      const steps = fc.array(fc.constantFrom<Step>("append", "append", "delete", "ignore"), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(steps, fc.array(fc.nat(7), { maxLength: 12 }), fc.nat(3), async (list, picks, size) => {
          await openTable();
          const journal = eventsOf(list);
          const last = journal.at(-1) as HandledEvent;
          const delivered = picks.flatMap((pick) => journal[pick] ?? []);
          const one = updaterOf(journal);
          const zombie = updaterOf(journal);
          for (let i = 0; i < delivered.length; i += size + 1) {
            const batch = delivered.slice(i, i + size + 1);
            await Promise.all([one.apply(batch), zombie.apply([...batch].reverse())]);
          }
          await one.apply([last]);
          expect(await nameOf()).to.equal(expectedName(list));
          await zombie.apply(journal);
          expect(await nameOf()).to.equal(expectedName(list));
        }),
        { numRuns: 30 },
      );
    });

    it("keep one position for each of several sources", async () => {
      await openTable();
      const a = eventsOf(["append", "append"], "a");
      const b = eventsOf(["append", "append"], "b");
      const updater = updaterOf([]);
      await updater.apply([a[0], b[0], b[1], a[1]] as HandledEvent[]);
      expect(await nameOf()).to.equal(",0,0,1,1");
      await updater.apply([...b, ...a]);
      expect(await nameOf()).to.equal(",0,0,1,1");
    });

    it("are not resurrected by an older event", async () => {
      await openTable();
      const journal = eventsOf(["append", "append", "delete"]);
      await updaterOf(journal).apply(journal);
      await updaterOf(journal).apply(journal.slice(0, 2));
      expect(await nameOf()).to.equal(undefined);
      expect((await store.load(table, ["k"])).get("k")?.at.get("journal")?.at).to.contain("12");
    });

    it("lose nothing when many updaters write one row at once", async () => {
      await openTable();
      const sources = Array.from({ length: 8 }, (_, i) => `s${i}`);
      await Promise.all(sources.map((source) => updaterOf([]).apply(eventsOf(["append"], source))));
      expect(await nameOf()).to.equal(",0".repeat(8));
    });
  });
};

describeLaws("SQLite", async () => {
  const { db, close } = openDatabase({ folder: ":memory:" });
  return { store: createSqliteViewStore(db), close: async () => close() };
});

describe("MongoDB", () => {
  const engines = useSharedEngines();
  describeLaws("MongoDB", async () => {
    const { db, close } = await connectAlone(engines().mongodb);
    return { store: createMongoViewStore(db), close };
  });
});
