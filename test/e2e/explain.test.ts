import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type RollcallCli, rollcallOn } from "../support/rollcall-cli.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";

const proto = (where: string, more = ""): string => `syntax = "proto3";
package shop;
import "akkaserverless/annotations.proto";
message Item { string id = 1 [(akkaserverless.field).entity_key = true]; string name = 2; int32 price = 3; }
message Wish { string name = 1; optional int32 price = 2; }
service Items {
  option (akkaserverless.service) = {type: SERVICE_TYPE_VIEW};
  rpc Update(Item) returns (Item) {
    option (akkaserverless.method).eventing.in = {topic: "items"};
    option (akkaserverless.method).view.update = {table: "items"};
  }
  rpc Find(Wish) returns (stream Item) {
    option (akkaserverless.method).view.query = {query: "SELECT * FROM items WHERE ${where}"};
  }
  ${more}
}
message ItemPage { repeated Item items = 1; int64 total_count = 2; }
`;

const pages = `
  rpc Page(Wish) returns (ItemPage) {
    option (akkaserverless.method).view.query = {query: "SELECT * AS items, total_count() FROM items WHERE price > 3 OR name = :name ORDER BY price DESC LIMIT 5"};
  }
  rpc Count(Wish) returns (ItemPage) {
    option (akkaserverless.method).view.query = {query: "SELECT total_count() FROM items WHERE name = :name"};
  }
`;

describe("rollcall explain", function () {
  this.timeout(300_000);

  describe("where nothing runs", () => {
    const folder = useDataFolder();
    const protos = mkdtempSync(join(tmpdir(), "rollcall-explain-"));
    after(() => rmSync(protos, { recursive: true, force: true }));

    const explain = (where: string, ...more: readonly string[]) => {
      writeFileSync(join(protos, "shop.proto"), proto(where));
      return rollcallOn(folder()).run("explain", ...more, "--protos", protos);
    };

    it("prints tree, filter, indexes, SQL and MongoDB's filter, and says that nothing runs", async () => {
      const params = ["--params", '{"name": "$where", "price": 3}'];
      const { code, out, err } = await explain("name = :name AND price > :price", "Items.Find", ...params);
      expect(code, err).to.equal(0);
      expect(out).to.match(/^shop.Items.Find, over Items_items_[0-9a-f]{16}\n/);
      for (const part of [
        "\nquery\n  SELECT * FROM items WHERE name = :name AND price > :price\n",
        "\ntree\n  select\n    *\n  from items\n  where\n    and\n      compare =\n        path name\n        parameter :name\n",
        "\nfilter, in normal form\n     name = :name AND price > :price\n",
        "(name, price)\n  equality  name = :name\n  range     price > :price\n",
        "\nSQL\n  SELECT id, message FROM ",
        "  ? = :name, :price, LIMIT, OFFSET\n",
        '{"live":true,"row.name":{"$eq":"$where"},"row.price":{"$gt":3}}\n',
        `\nengine's plan: none, since nothing runs on ${folder()}\n`,
      ]) {
        expect(out).to.contain(part);
      }
    });

    it("prints each stretch of a sorted query, and how its rows are counted", async () => {
      const params = ["--params", '{"name": "lamp"}'];
      writeFileSync(join(protos, "shop.proto"), proto("name = :name", pages));
      const explainPages = (name: string) => rollcallOn(folder()).run("explain", name, ...params, "--protos", protos);
      const { code, out, err } = await explainPages("Items.Page");
      expect(code, err).to.equal(0);
      for (const part of [
        "\norder\n  price DESC, key\n",
        "\npaging\n  all rows are counted, beside reading them\n  LIMIT 5\n",
        " WHERE live = 1 AND ",
        "  ? = 3, LIMIT, OFFSET\n",
        "  ? = lamp, LIMIT, OFFSET\n",
        "  SELECT (SELECT count(*) FROM ",
        '  {"$and":[{"live":true},{"_id":{"$gte":""}},{"row.price":{"$gt":3}}]}\n  sort {"row.price":-1,"_id":1}, hint ix_',
        '  {"$and":[{"live":true},{"_id":{"$gte":""}},{"row.name":{"$eq":"lamp"}}]}\n  sort {"row.price":-1,"_id":1}, hint ix_',
        '"$group":{"_id":null,"count":{"$sum":1}}}]\n  no hint: each alternative finds its index\n',
      ]) {
        expect(out).to.contain(part);
      }
      const counted = await explainPages("Items.Count");
      expect(counted.out).to.contain("all rows are counted, and none is read");
      expect(counted.out).to.contain('  [{"$match":{"live":true,"row.name":{"$eq":"lamp"}}},{"$group"');
    });

    it("tells what a request lacks, and the rest", async () => {
      const { code, out, err } = await explain("price > :price AND :price IS NOT NULL", "shop.Items.Find");
      expect(code, err).to.equal(0);
      expect(out).to.contain("guards    :price IS NOT NULL").and.to.contain("no rows: every alternative");
    });

    it("prints mistakes as rollcall check does", async () => {
      const { code, out } = await explain("pricey = :price", "Items.Find");
      const check = await rollcallOn(folder()).run("check", protos);
      expect(code).to.equal(1);
      expect(out).to.equal(check.out).and.to.contain("UNKNOWN_COLUMN").and.to.contain("Did you mean `price`?");
    });

    it("lists the queries that there are when it is given another", async () => {
      const { code, out, err } = await explain("name = :name", "Items.Fnd");
      expect(code).to.equal(2);
      expect(out).to.equal("");
      expect(err).to.contain("did you mean `Items.Find`?").and.to.contain("\n  shop.Items.Find\n");
    });

    it("knows the queries of the application whose folder it is called in", async () => {
      const there = rollcallOn(folder(), {}, "examples/customer-registry");
      const { code, out } = await there.run("explain", "CustomerByName.GetCustomers");
      expect(code).to.equal(0);
      expect(out).to.contain("customers.CustomerByName.GetCustomers, over ");
    });

    it("refuses a request that is none", async () => {
      const { code, err } = await explain("name = :name", "Items.Find", "--params", '{"colour": 1}');
      expect(code).to.equal(2);
      expect(err).to.contain("error: the JSON of --params is no shop.Wish").and.to.contain("colour");
    });
  });

  describe("beside rollcall run", () => {
    const folder = useDataFolder();
    let running: RollcallProcess;
    before(async () => {
      running = await startRollcall({ ROLLCALL_DATA: folder() });
    });
    after(() => running.end("SIGKILL"));

    it("prints SQLite's plan", async () => {
      const { code, out, err } = await rollcallOn(folder()).run("explain", "PresenceQueryApi.GetUsers");
      expect(code, err).to.equal(0);
      expect(out).to.match(/engine's plan, of SQLite in rollcall run\n {2}SEARCH PresenceQueryApi_users_\w+ USING/);
    });

    it("exits with 1 when the request is wrong for the engine", async () => {
      const { code, out } = await rollcallOn(folder()).run("explain", "PresenceQueryApi.GetDevicesSeenSince");
      expect(code).to.equal(1);
      expect(out).to.match(/\nengine's plan, of SQLite.*\n {2}none: the request does not set "\w+"/);
    });

    it("says that a query does not run there", async () => {
      const protos = mkdtempSync(join(tmpdir(), "rollcall-explain-"));
      try {
        writeFileSync(join(protos, "shop.proto"), proto("name = :name"));
        const { code, out, err } = await rollcallOn(folder()).run("explain", "Items.Find", "--protos", protos);
        expect(code, err).to.equal(0);
        expect(out).to.contain("no query /shop.Items/Find runs here");
      } finally {
        rmSync(protos, { recursive: true, force: true });
      }
    });
  });

  describe("on the mesh", () => {
    let rollcall: RollcallCli;
    // Before the folder goes, which tells what is up.
    after(async () => expect((await rollcall.run("down")).code).to.equal(0));
    const folder = useDataFolder();
    before(async () => {
      rollcall = rollcallOn(folder());
      const { code, err } = await rollcall.run("up", "view-svc");
      expect(code, err).to.equal(0);
    });

    it("prints MongoDB's plan, without a scan of the collection", async () => {
      const { code, out, err } = await rollcall.run("explain", "PresenceQueryApi.GetUsers");
      expect(code, err).to.equal(0);
      expect(out).to.contain("engine's plan, of MongoDB\n").and.to.contain('"IXSCAN"').and.not.to.contain("COLLSCAN");
    });

    it("exits with 1 when the request is wrong for the engine", async () => {
      const { code, out } = await rollcall.run("explain", "PresenceQueryApi.GetDevicesSeenSince");
      expect(code).to.equal(1);
      expect(out).to.match(/\nengine's plan, of MongoDB.*\n {2}none: the request does not set "\w+"/);
    });

    it("says that there is no such table, and makes none", async () => {
      for (let i = 0; i < 2; i += 1) {
        const { code, out, err } = await rollcall.run("explain", "PresenceQueryApi.GetUsers", "--revision", "7");
        expect(code, err).to.equal(0);
        expect(out).to.match(/there is no collection PresenceQueryApi_users_\w+/);
      }
    });
  });
});
