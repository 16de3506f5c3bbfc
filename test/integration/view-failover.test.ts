import { expect } from "chai";
import { createMongoViewStore } from "../../runtime/adapters/mongodb/view-store.ts";
import { fieldOf, type Message } from "../../runtime/codec.ts";
import { MeshError } from "../../runtime/errors.ts";
import { createLiveQuery } from "../../runtime/view/live/live-query.ts";
import { createLiveTable } from "../../runtime/view/live/live-table.ts";
import { findAll } from "../contract/view-store.ts";
import { eventually } from "../support/eventually.ts";
import { useMongod } from "../support/mongodb.ts";
import { type Customers, loadCustomers } from "../view-protos/customers.ts";

/** What a watcher holds after what it was told: ages by key. */
const createHolder = () => {
  const rows = new Map<string, unknown>();
  const seen = { told: 0, synced: 0 };
  const take = (message: Message): void => {
    const key = String(fieldOf(message, "key"));
    const row = fieldOf(message, "row") as Message | undefined;
    seen.told += 1;
    switch (fieldOf(message, "change")) {
      case "RESYNC":
        rows.clear();
        break;
      case "LEAVE":
        rows.delete(key);
        break;
      case "SYNCED":
        seen.synced += 1;
        break;
      default:
        rows.set(key, row && fieldOf(row, "age"));
    }
  };
  return { rows, seen, take };
};

describe("a live query while MongoDB changes its primary", function () {
  this.timeout(180_000);
  const mongod = useMongod({ members: 3 });
  let customers: Customers;
  before(async () => {
    customers = await loadCustomers();
  });

  it("ends up with the rows that there are, under load and without being asked again", async () => {
    const mongo = await mongod.connect();
    const store = createMongoViewStore(mongo.db);
    const outcome = customers.compileLive("SELECT * AS row FROM customers WHERE active = true", "CustomerChange");
    if (outcome.kind !== "ok") throw new Error(outcome.problems.map(({ text }) => text).join("; "));
    const compiled = outcome.value;
    const table = customers.table(compiled);
    await store.open(table);
    const live = createLiveTable({ store, table });
    const call = createLiveQuery({
      path: "/test/Watch",
      compiled,
      live,
      request: customers.request,
      response: customers.type("CustomerChange"),
    });
    const holder = createHolder();
    const stopping = new AbortController();
    const watching = (async () => {
      for await (const message of call(customers.request.fromPartial({}), stopping.signal)) holder.take(message);
    })();
    await eventually(() => expect(holder.seen.synced).to.equal(1), 30_000);

    let isLoading = true;
    let acknowledged = 0;
    const load = async (n: number): Promise<void> => {
      for (let at = 1; isLoading; at += 1) {
        try {
          await store.write(table, [customers.put(`k${n}`, { age: at, active: (at + n) % 3 !== 0 }, at)]);
          acknowledged += 1;
        } catch (error) {
          if (!(error instanceof MeshError) || error.code !== "STORE_UNAVAILABLE") throw error;
        }
      }
    };
    const loading = Promise.all(Array.from({ length: 10 }, (_, i) => load(i)));
    const progress = async (writes: number): Promise<void> => {
      const enough = acknowledged + writes;
      await eventually(() => expect(acknowledged).to.be.at.least(enough), 60_000);
    };
    try {
      await progress(100);
      const toldBefore = holder.seen.told;
      await (await mongod.running().primary()).kill();
      await progress(200);
      await eventually(() => expect(holder.seen.told).to.be.greaterThan(toldBefore), 60_000);
    } finally {
      isLoading = false;
      await loading;
    }
    await eventually(async () => {
      const found = await findAll(store, table, compiled, customers.request.fromPartial({}));
      const rows = found.map((row) => [String(fieldOf(row, "customer_id")), fieldOf(row, "age")]);
      expect([...holder.rows].sort()).to.deep.equal(rows.sort());
      expect(rows).to.not.be.empty;
    }, 60_000);
    stopping.abort();
    await watching;
    await live.close();
    await store.close();
    await mongo.close();
  });
});
