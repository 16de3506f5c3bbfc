import { expect } from "chai";
import { BSON } from "mongodb";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { planFilter } from "./view-filter.ts";

/** Each case: condition, and the tests of its filter beside that the row is live, one text an alternative. */
const cases: readonly (readonly [string, ...string[]])[] = [
  ["name = :customer_name", '{"row.name":{"$eq":"a"}}'],
  ["name = :customer_name AND age > 3", '{"row.name":{"$eq":"a"},"row.age":{"$gt":{"$numberLong":"3"}}}'],
  ["score > 3", '{"row.score":{"$gt":{"$numberLong":"3"}}}'],
  ["name LIKE 'a%'", '{"row.name":{"$gte":"a","$lt":"b"}}'],
  ["name LIKE '%ab'", '{"computed.C":{"$gte":"ba","$lt":"bb"}}'],
  ["name LIKE '%a%'", '{"computed.C":{"$eq":true}}'],
  [
    "name LIKE 'a%.b_'",
    '{"row.name":{"$gte":"a","$lt":"b"}},{"row.name":{"$regex":{"$regularExpression":{"pattern":"\\\\Aa.*\\\\.b.\\\\z","options":"s"}}}}',
  ],
  [
    "name LIKE 'a___%_.__'",
    '{"row.name":{"$gte":"a","$lt":"b"}},{"row.name":{"$regex":{"$regularExpression":{"pattern":"\\\\Aa.{3}.*.\\\\..{2}\\\\z","options":"s"}}}}',
  ],
  ["name = ANY(:names)", '{"row.name":{"$in":["x","$ne"]}}'],
  ["NOT name = ANY(:names)", '{"row.name":{"$ne":null}},{"row.name":{"$nin":["x","$ne",null]}}'],
  ["'x' = ANY(tags)", '{"row.tags":{"$eq":"x"}}'],
  ["nick = email", '{"computed.C":{"$eq":true}}'],
  ["address IS NULL OR nick IS NOT NULL", '{"computed.C":{"$eq":null}}', '{"row.nick":{"$ne":null}}'],
];

describe("planFilter", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  for (const [condition, ...alternatives] of cases) {
    it(`turns ${condition} into a filter`, () => {
      const query = customers.query(`SELECT * FROM customers WHERE ${condition}`);
      const request = customers.request.fromPartial({ customer_name: "a", names: ["x", "$ne"] });
      const filter = planFilter(customers.table(query), query.plan).filter(request);
      const texts = alternatives.map((tests) =>
        tests.includes("},{") ? `{"$and":[{"live":true},${tests}]}` : `{"live":true,${tests.slice(1)}`,
      );
      const text = BSON.EJSON.stringify(filter, undefined, undefined, { relaxed: false });
      expect(text.replaceAll(/c_[0-9a-f]{16}/g, "C")).to.equal(
        texts.length === 1 ? texts[0] : `{"$or":[${texts.join()}]}`,
      );
    });
  }
});
