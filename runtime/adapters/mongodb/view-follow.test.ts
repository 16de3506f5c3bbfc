import { expect } from "chai";
import { describeFollow } from "../../../test/contract/view-store-follow.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { useMongod } from "../../../test/support/mongodb.ts";
import { recordingLog } from "../../../test/support/recording-log.ts";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { fieldOf } from "../../codec.ts";
import type { TableFollower } from "../../view/row-state.ts";
import type { ViewStore, ViewTable } from "../../view/store.ts";
import type { Mongo } from "./client.ts";
import { createMongoViewStore } from "./view-store.ts";

describe("MongoDB change streams", function () {
  this.timeout(90_000);
  const mongod = useMongod({ parameters: { notablescan: true, enableTestCommands: true } });

  describeFollow("MongoDB", async () => {
    const { db, close } = await mongod.connect();
    const store = createMongoViewStore(db);
    return {
      store,
      close: async () => {
        await store.close();
        await close();
      },
    };
  });

  describe("beyond the contract", () => {
    let customers: Customers;
    let mongo: Mongo;
    let store: ViewStore;
    let table: ViewTable;
    let follower: TableFollower;
    let ages: Map<string, unknown>;
    let resets: number;
    const log = recordingLog();

    before(async () => {
      customers = await loadCustomers();
    });
    beforeEach(async () => {
      mongo = await mongod.connect();
      store = createMongoViewStore(mongo.db, { log });
      table = customers.table(customers.query("SELECT * FROM customers"));
      await store.open(table);
      ages = new Map();
      resets = 0;
      follower = await store.follow(table, {
        onChanges(changes) {
          for (const { key, row } of changes) ages.set(key, row && fieldOf(row, "age"));
        },
        onReset: () => {
          resets += 1;
        },
      });
    });
    afterEach(async () => {
      await follower.close();
      await mongo.close();
    });

    const put = (key: string, age: number): Promise<void> => store.write(table, [customers.put(key, { age }, age)]);
    const told = (key: string, age: number): Promise<void> =>
      eventually(() => expect(ages.get(key)).to.equal(age), 30_000);
    const failGetMore = (errorCode: number, times = 1) =>
      mongo.client.db("admin").command({
        configureFailPoint: "failCommand",
        mode: { times },
        data: { failCommands: ["getMore"], errorCode, namespace: `${mongo.db.databaseName}.${table.id}` },
      });

    it("goes on where it was when the server was killed and is there again", async () => {
      await put("a", 1);
      await told("a", 1);
      await mongod.running().kill();
      await mongod.restart();
      await eventually(() => put("b", 2), 30_000);
      await told("b", 2);
      expect(resets).to.equal(0);
    });

    it("goes on after more failures than the driver mends", async () => {
      await put("a", 1);
      await told("a", 1);
      // NotWritablePrimary, as from a server that steps down, again and again.
      await failGetMore(10107, 6);
      for (let age = 2; age < 6; age += 1) {
        await put("a", age);
        await told("a", age);
      }
      expect(resets).to.equal(0);
    });

    it("resets when the server has lost the history, and follows from there", async () => {
      await failGetMore(286);
      await put("a", 1);
      await eventually(() => expect(resets).to.equal(1), 30_000);
      await put("b", 2);
      await told("b", 2);
    });

    it("resets when the table's collection is dropped", async () => {
      await put("a", 1);
      await told("a", 1);
      await mongo.db.collection(table.id).drop();
      await eventually(() => expect(resets).to.equal(1), 30_000);
      await store.open(table);
      await put("b", 2);
      await told("b", 2);
    });

    it("tells of a row that the server forgot", async () => {
      await put("a", 1);
      await told("a", 1);
      await mongo.db.collection<{ _id: string }>(table.id).deleteOne({ _id: "a" });
      await eventually(() => expect([ages.has("a"), ages.get("a")]).to.deep.equal([true, undefined]), 30_000);
    });
  });
});
