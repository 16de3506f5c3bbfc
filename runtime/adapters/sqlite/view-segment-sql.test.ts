import { expect } from "chai";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { type SegmentName, segmentCases, segmentsOf } from "../../../test/view-protos/segments.ts";
import { segmentSql } from "./view-segment-sql.ts";

/** What stands behind `WHERE live = 1 AND`, with short names, and the cells of each stretch. */
const expected: Readonly<Record<SegmentName, readonly string[]>> = {
  byKey: ["1 ORDER BY key LIMIT ? OFFSET ? | "],
  descending: ["name = ? AND age > ? ORDER BY age DESC, score, key LIMIT ? OFFSET ? | a,1"],
  afterPlace: [
    "name = ? AND age = ? AND score = ? AND key > ? ORDER BY key LIMIT ? OFFSET ? | a,7,3,k",
    "name = ? AND age = ? AND score > ? ORDER BY score, key LIMIT ? OFFSET ? | a,7,3",
    "name = ? AND age > ? AND age < ? ORDER BY age DESC, score, key LIMIT ? OFFSET ? | a,1,7",
  ],
  afterNull: [
    "nick IS NULL AND key > ? ORDER BY key LIMIT ? OFFSET ? | k",
    "nick >= '' ORDER BY nick, key LIMIT ? OFFSET ? | ",
  ],
  towardsNull: [
    "nick = ? AND key > ? ORDER BY key LIMIT ? OFFSET ? | n,k",
    "nick < ? ORDER BY nick DESC, key LIMIT ? OFFSET ? | n",
    "nick IS NULL ORDER BY key LIMIT ? OFFSET ? | ",
  ],
  values: [
    "name = ? AND age = ? AND key > ? ORDER BY key LIMIT ? OFFSET ? | b,5,k",
    "name = ? AND age > ? ORDER BY age, key LIMIT ? OFFSET ? | b,5",
    "name = ? AND age = ? AND key > ? ORDER BY key LIMIT ? OFFSET ? | a,5,k",
    "name = ? AND age > ? ORDER BY age, key LIMIT ? OFFSET ? | a,5",
  ],
  texts: [
    "name = ? AND key > ? ORDER BY key LIMIT ? OFFSET ? | ab,k",
    "name < ? AND name > ? ORDER BY name, key LIMIT ? OFFSET ? | b,ab",
  ],
  tested: [
    "EXISTS (SELECT 1 FROM l WHERE row_id = id AND element = ?) AND name != ? ORDER BY email, key LIMIT ? OFFSET ? | vip,x",
  ],
};

describe("segmentSql", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  for (const name of Object.keys(segmentCases) as SegmentName[]) {
    it(`says the stretches of "${segmentCases[name].rest || "rows by key"}", ${name}`, () => {
      const { query, request, segments } = segmentsOf(customers, name);
      const table = customers.table(query);
      const texts = segments.map(({ disjunct, segment }) => {
        const { text, cells } = segmentSql(table, query.plan, disjunct, segment, "places", request);
        const short = text
          .replaceAll(/"c_(\w+?)_[0-9a-f]{10}"/g, "$1")
          .replaceAll(/"\w+_elements_\w+"/g, "l")
          .replace(/^.* WHERE live = 1 AND /, "");
        return `${short} | ${cells.join()}`;
      });
      expect(texts).to.deep.equal(expected[name]);
    });
  }
});
