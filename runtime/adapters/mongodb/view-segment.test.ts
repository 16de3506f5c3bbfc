import { expect } from "chai";
import { BSON } from "mongodb";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { type SegmentName, segmentCases, segmentsOf } from "../../../test/view-protos/segments.ts";
import { segmentReader } from "./view-segment.ts";

/** The sort, and the tests of each stretch beside that the row is live. */
const expected: Readonly<Record<SegmentName, readonly [sort: string, ...string[]]>> = {
  byKey: ["_id 1", '{"_id":{"$gte":""}}'],
  descending: ["row.age -1, row.score 1, _id 1", '{"_id":{"$gte":""}},{"row.name":{"$eq":"a"}},{"row.age":{"$gt":1}}'],
  afterPlace: [
    "row.age -1, row.score 1, _id 1",
    '{"_id":{"$gt":"k"}},{"row.name":{"$eq":"a"}},{"row.age":{"$eq":7}},{"row.score":{"$eq":3}}',
    '{"_id":{"$gte":""}},{"row.name":{"$eq":"a"}},{"row.age":{"$eq":7}},{"row.score":{"$gt":3}}',
    '{"_id":{"$gte":""}},{"row.name":{"$eq":"a"}},{"row.age":{"$gt":1}},{"row.age":{"$lt":7}}',
  ],
  afterNull: [
    "row.nick 1, _id 1",
    '{"_id":{"$gt":"k"}},{"row.nick":{"$exists":false}}',
    '{"_id":{"$gte":""}},{"row.nick":{"$ne":null}}',
  ],
  towardsNull: [
    "row.nick -1, _id 1",
    '{"_id":{"$gt":"k"}},{"row.nick":{"$eq":"n"}}',
    '{"_id":{"$gte":""}},{"row.nick":{"$lt":"n"}}',
    '{"_id":{"$gte":""}},{"row.nick":{"$exists":false}}',
  ],
  values: [
    "row.age 1, _id 1",
    '{"_id":{"$gt":"k"}},{"row.name":{"$eq":"b"}},{"row.age":{"$eq":5}}',
    '{"_id":{"$gte":""}},{"row.name":{"$eq":"b"}},{"row.age":{"$gt":5}}',
    '{"_id":{"$gt":"k"}},{"row.name":{"$eq":"a"}},{"row.age":{"$eq":5}}',
    '{"_id":{"$gte":""}},{"row.name":{"$eq":"a"}},{"row.age":{"$gt":5}}',
  ],
  texts: [
    "row.name 1, _id 1",
    '{"_id":{"$gt":"k"}},{"row.name":{"$eq":"ab"}}',
    '{"_id":{"$gte":""}},{"row.name":{"$lt":"b"}},{"row.name":{"$gt":"ab"}}',
  ],
  tested: ["row.email 1, _id 1", '{"_id":{"$gte":""}},{"row.tags":{"$eq":"vip"}},{"row.name":{"$nin":["x",null]}}'],
};

describe("segmentReader", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  for (const name of Object.keys(segmentCases) as SegmentName[]) {
    it(`says the stretches of "${segmentCases[name].rest || "rows by key"}", ${name}`, () => {
      const { query, request, segments } = segmentsOf(customers, name);
      const { filter, sort } = segmentReader(query.plan);
      const texts = segments.map(({ segment }) =>
        BSON.EJSON.stringify(filter(segment, request)).replace('{"$and":[{"live":true},', "").slice(0, -2),
      );
      expect([[...sort].map(([path, direction]) => `${path} ${direction}`).join(", "), ...texts]).to.deep.equal(
        expected[name],
      );
    });
  }
});
