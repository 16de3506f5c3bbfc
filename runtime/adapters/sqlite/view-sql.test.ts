import { expect } from "chai";
import { findAll } from "../../../test/contract/view-store.ts";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { fieldOf } from "../../codec.ts";
import { openDatabase } from "./database.ts";
import { planSql } from "./view-sql.ts";
import { createSqliteViewStore } from "./view-store.ts";

/** Each case: condition, the SQL of its rows with short names, and the keys it finds. */
const cases = [
  ["name = 'a'", "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND name = ? LIMIT ? OFFSET ?", "r0 r2"],
  [
    "name = 'a' AND age > 1 AND email != 'e'",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND name = ? AND age > ? AND email != ? LIMIT ? OFFSET ?",
    "r2",
  ],
  [
    "name != 'a'",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND name < ? UNION ALL SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND name > ? LIMIT ? OFFSET ?",
    "r1",
  ],
  [
    "name = 'a' OR age = 5",
    "SELECT id, message FROM t WHERE id IN (SELECT id FROM t INDEXED BY i WHERE live = 1 AND name = ? UNION ALL SELECT id FROM t INDEXED BY i WHERE live = 1 AND age = ?) LIMIT ? OFFSET ?",
    "r0 r1 r2",
  ],
  [
    "age IN (1, 5)",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND age IN (?, ?) LIMIT ? OFFSET ?",
    "r0 r1",
  ],
  ["nick IS NULL", "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND nick IS NULL LIMIT ? OFFSET ?", "r0 r1"],
  [
    "name LIKE 'a%'",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND name >= ? AND name < ? LIMIT ? OFFSET ?",
    "r0 r2",
  ],
  [
    "name LIKE '%b' AND age NOT IN (9)",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND reversed_name_ >= ? AND reversed_name_ < ? AND age != ? LIMIT ? OFFSET ?",
    "r1",
  ],
  [
    "name LIKE '_'",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND _name_like = ? LIMIT ? OFFSET ?",
    "r0 r1 r2",
  ],
  [
    "age = 1 AND name NOT LIKE :customer_name",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND age = ? AND NOT rollcall_like(?, name) LIMIT ? OFFSET ?",
    "r0",
  ],
  [
    "name = ANY(:names)",
    "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND name IN (SELECT value FROM json_each(?)) LIMIT ? OFFSET ?",
    "r1",
  ],
  [
    "'x' = ANY(tags) AND 'y' = ANY(tags) AND age > 1",
    "SELECT id, message FROM e AS entry INDEXED BY i CROSS JOIN t AS row NOT INDEXED WHERE row.id = entry.row_id AND entry.tags = ? AND entry.age > ? AND EXISTS (SELECT 1 FROM l WHERE row_id = row.id AND element = ?) LIMIT ? OFFSET ?",
    "r1",
  ],
  ["nick IS NOT NULL", "SELECT id, message FROM t INDEXED BY i WHERE live = 1 AND nick >= '' LIMIT ? OFFSET ?", "r2"],
] as const;

const rows = [
  { name: "a", age: 1 },
  { name: "b", age: 5, tags: ["x", "y"] },
  { name: "a", age: 9, nick: "" },
];

describe("planSql", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  for (const [condition, text, expected] of cases) {
    it(`turns ${condition} into SQL that finds its rows`, async () => {
      const query = customers.query(`SELECT * FROM customers WHERE ${condition}`);
      const table = customers.table(query);
      const short = planSql(table, query.plan)
        .rows.text.replaceAll(/"c_(\w+?)_[0-9a-f]{10}"/g, "$1")
        .replaceAll(/INDEXED BY "\w+"/g, "INDEXED BY i")
        .replaceAll(/name_like\w*/g, "name_like")
        .replaceAll(/"\w+_entries"/g, "e")
        .replaceAll(/"\w+_elements_\w+"/g, "l")
        .replaceAll(`"${table.id}"`, "t");
      expect(short).to.equal(text);

      const { db, close } = openDatabase({ folder: ":memory:" });
      const store = createSqliteViewStore(db);
      await store.open(table);
      await store.write(
        table,
        rows.map((row, i) => customers.put(`r${i}`, row)),
      );
      const request = customers.request.fromPartial({ customer_name: "b", names: ["b"] });
      const found = await findAll(store, table, query, request);
      expect(
        found
          .map((row) => fieldOf(row, "customer_id"))
          .sort()
          .join(" "),
      ).to.equal(expected);
      close();
    });
  }
});

describe("sqlite view tables", () => {
  it("forget a deleted row after a week, and not before", async () => {
    const customers = await loadCustomers();
    const day = 24 * 3_600_000;
    let time = 0;
    const { db, close } = openDatabase({ folder: ":memory:" });
    const store = createSqliteViewStore(db, () => time);
    const query = customers.query("SELECT * FROM customers WHERE name = 'a'");
    const table = customers.table(query);
    const stored = () => db.prepare(`SELECT count(*) FROM "${table.id}"`).pluck().get();
    await store.open(table);
    await store.write(table, [{ ...customers.put("k", {}), row: undefined }]);
    time = 6 * day;
    await store.write(table, [customers.put("other", {})]);
    expect(stored()).to.equal(2n);
    time = 8 * day;
    await store.write(table, [customers.put("other", {}, 2)]);
    expect(stored()).to.equal(1n);
    close();
  });

  it("drop an index that no query needs any more", async () => {
    const customers = await loadCustomers();
    const { db, close } = openDatabase({ folder: ":memory:" });
    const store = createSqliteViewStore(db);
    const table = customers.table(customers.query("SELECT * FROM customers WHERE name = 'a'"));
    const indexes = () =>
      db
        .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE '%_ix_%'")
        .pluck()
        .all();
    await store.open(table);
    expect(indexes()).to.have.length(1);
    await store.open({ ...table, columns: [], indexes: [] });
    expect(indexes()).to.deep.equal([]);
    close();
  });
});
