import { expect } from "chai";
import fc from "fast-check";
import { fieldOf } from "../../runtime/codec.ts";
import { createMatcher } from "../../runtime/view/matcher.ts";
import type { ViewStoreCase } from "./view-store.ts";

const texts = ["", "a", "b", "ab", "\uFF5E", "\u{1F600}"];
const text = fc.constantFrom(...texts);
const small = fc.integer({ min: -2, max: 2 });
const operator = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");

const test = fc.oneof(
  fc
    .tuple(fc.constantFrom("name", "nick", "address.city", "attributes.team"), operator, text)
    .map(([path, sign, value]) => `${path} ${sign} '${value}'`),
  fc.tuple(fc.constantFrom("age", "score"), operator, small).map(([path, sign, value]) => `${value} ${sign} ${path}`),
  fc.tuple(operator).map(([sign]) => `name ${sign} :customer_name`),
  fc.tuple(operator, fc.boolean()).map(([sign, value]) => `active ${sign} ${value}`),
  fc
    .tuple(fc.boolean(), fc.array(text, { minLength: 1, maxLength: 3 }))
    .map(([not, list]) => `nick ${not ? "NOT " : ""}IN (${list.map((each) => `'${each}'`).join(", ")})`),
  fc.constantFrom("nick IS NULL", "address.city IS NOT NULL"),
);

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    test,
    fc
      .tuple(tie("condition"), fc.constantFrom("AND", "OR"), tie("condition"))
      .map(([a, join, b]) => `(${a}) ${join} (${b})`),
    tie("condition").map((inner) => `NOT (${inner})`),
  ),
}));

const row = fc.record(
  {
    name: text,
    nick: text,
    age: small,
    score: small.map(BigInt),
    active: fc.boolean(),
    address: fc.record({ city: text }),
    attributes: fc.constantFrom({}, { team: "a" }, { team: "b", other: "" }),
  },
  { requiredKeys: [] },
);

/** What the store finds by its plan is what a plain filter over all rows finds. */
export const describeAgreement = ({ store, customers, keys }: ViewStoreCase): void => {
  it("finds by any plan what a plain filter finds", async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(condition, fc.array(row, { maxLength: 12 }), text, async (where, rows, name) => {
        const outcome = customers().compile(`SELECT * FROM customers WHERE ${where}`);
        if (outcome.kind === "problems") {
          // The only reason there may be: too many alternatives.
          expect(outcome.problems.map(({ code }) => code)).to.deep.equal(["QUERY_TOO_COMPLEX"]);
          return;
        }
        const query = outcome.value;
        const table = customers().table(query);
        await store().open(table);
        const writes = rows.map((each, i) => customers().put(`r${i}`, each));
        await store().write(table, writes);

        const request = customers().request.fromPartial({ customer_name: name });
        const matches = createMatcher(query.checked.where, query.checked.columns);
        const expected = writes.filter((write) => write.row !== undefined && matches(write.row, request) === true);
        const expectedKeys = expected.map((write) => String(fieldOf(write.row ?? {}, "customer_id"))).sort();
        expect(await keys(table, query, { customer_name: name })).to.deep.equal(expectedKeys);
      }),
      { numRuns: 200 },
    );
  });
};
