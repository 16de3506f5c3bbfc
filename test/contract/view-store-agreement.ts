import { expect } from "chai";
import fc from "fast-check";
import { fieldOf, type Message } from "../../runtime/codec.ts";
import { MeshError } from "../../runtime/errors.ts";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import { createMatcher } from "../../runtime/view/matcher.ts";
import type { Value } from "../../runtime/view/plan.ts";
import { compareValues, readPath, toValue } from "../../runtime/view/value.ts";
import type { ViewStoreCase } from "./view-store.ts";

const texts = ["", "a", "b", "ab", "\uFF5E", "\u{1F600}"];
const text = fc.constantFrom(...texts);
const small = fc.integer({ min: -2, max: 2 });
const pattern = fc
  .array(fc.constantFrom("%", "_", "a", "b", "\u{1F600}"), { maxLength: 4 })
  .map((characters) => characters.join(""));
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
  fc.constantFrom(
    "nick IS NULL",
    "address.city IS NOT NULL",
    "address IS NULL",
    "office IS NOT NULL",
    ":nick IS NULL",
    ":nick IS NOT NULL",
    "nick = ANY(tags)",
    ":customer_name = ANY(tags)",
    "name LIKE :customer_name",
    "nick STARTS_WITH :customer_name",
    "name = :nick",
    ":filter IS NULL OR name LIKE :filter.name",
    ":filter IS NOT NULL AND nick != :filter.name",
    ":filter IS NULL OR NOT nick = ANY(:filter.names)",
  ),
  fc
    .tuple(fc.constantFrom("name", "nick", "attributes.team"), fc.constantFrom("", "NOT "), pattern)
    .map(([path, not, like]) => `${path} ${not}LIKE '${like}'`),
  fc
    .tuple(fc.constantFrom("name", "nick"), fc.constantFrom("", "NOT "), text)
    .map(([path, not, prefix]) => `${path} ${not}STARTS_WITH '${prefix}'`),
  fc.tuple(fc.constantFrom("nick", "address.city", "email"), operator).map(([path, sign]) => `name ${sign} ${path}`),
  text.map((value) => `'${value}' = ANY(tags)`),
  fc
    .tuple(fc.constantFrom("name", "nick", "address.city", "attributes.team"), fc.constantFrom("", "NOT "))
    .map(([path, not]) => `${not}${path} = ANY(:names)`),
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
    tags: fc.array(text, { maxLength: 3 }),
    contact: fc.constantFrom({ $case: "phone", value: "a" }, { $case: "office", value: { city: "b" } }),
    attributes: fc.constantFrom({}, { team: "a" }, { team: "b", other: "" }),
  },
  { requiredKeys: [] },
);

/** Often empty: engines do not agree on whether NULL is in no list. */
const names = fc.oneof(fc.constant([]), fc.array(text, { maxLength: 3 }));
const request = fc.record(
  {
    customer_name: fc.oneof(text, pattern),
    names,
    nick: text,
    filter: fc.record({ name: fc.oneof(text, pattern), names }),
  },
  { requiredKeys: ["customer_name"] },
);
const orderColumn = fc.constantFrom(
  "name",
  "nick",
  "age",
  "score",
  "active",
  "address.city",
  "attributes.team",
  "phone",
);
const order = fc.array(fc.tuple(orderColumn, fc.constantFrom("", " ASC", " DESC")), { minLength: 1, maxLength: 3 });
const paging = fc.record({
  names,
  limit: fc.option(fc.integer({ min: 0, max: 5 })),
  offset: fc.option(fc.integer({ min: 0, max: 4 })),
});

/** What the store finds by its plan is what a plain filter over all rows finds. */
export const describeAgreement = ({ store, customers, keys, sortedKeys }: ViewStoreCase): void => {
  it("finds by any plan what a plain filter finds", async function () {
    this.timeout(240_000);
    await fc.assert(
      fc.asyncProperty(condition, fc.array(row, { maxLength: 12 }), request, async (where, rows, parameters) => {
        const outcome = customers().compile(`SELECT * FROM customers WHERE ${where}`);
        if (outcome.kind === "problems") {
          // The only reasons there may be: too many alternatives, or rows that no index leads to.
          expect(outcome.problems.map(({ code }) => code)).to.satisfy(([code]: string[]) =>
            ["QUERY_TOO_COMPLEX", "QUERY_UNINDEXABLE"].includes(code ?? ""),
          );
          return;
        }
        const query = outcome.value;
        const table = customers().table(query);
        await store().open(table);
        const writes = rows.map((each, i) => customers().put(`r${i}`, each));
        await store().write(table, writes);

        const request = customers().request.fromPartial(parameters);
        if (where.includes("= :nick") && !where.includes(":nick IS") && parameters.nick === undefined) {
          const outcome = await keys(table, query, parameters).catch((error: unknown) => error);
          expect(outcome).to.be.instanceOf(MeshError).with.property("code", "MISSING_PARAMETER");
          return;
        }
        const matches = createMatcher(query.checked.where, query.checked.columns);
        const expected = writes.filter((write) => write.row !== undefined && matches(write.row, request) === true);
        const expectedKeys = expected.map((write) => String(fieldOf(write.row ?? {}, "customer_id"))).sort();
        const found = await keys(table, query, parameters).catch((error: unknown) => {
          // A pattern of the request may have wildcards at both ends.
          if (error instanceof MeshError && error.code === "INVALID_FIELD") return expectedKeys;
          throw error;
        });
        expect(found).to.deep.equal(expectedKeys);
      }),
      { numRuns: 200 },
    );
  });

  it("sorts by any order, and takes any window of it, as a plain sort does", async function () {
    this.timeout(240_000);
    const rows = fc.array(row, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.option(condition), order, paging, rows, async (where, by, { names, limit, offset }, made) => {
        const parameters = { customer_name: "a", names, nick: "b" };
        const columns = by.map(([path, direction]) => path + direction).join(", ");
        const window = `${limit === null ? "" : ` LIMIT ${limit}`}${offset === null ? "" : ` OFFSET ${offset}`}`;
        const filter = where === null ? "" : ` WHERE ${where}`;
        const outcome = customers().compile(`SELECT * FROM customers${filter} ORDER BY ${columns}${window}`);
        if (outcome.kind === "problems") {
          expect(outcome.problems.map(({ code }) => code)).to.satisfy(([code]: string[]) =>
            ["QUERY_TOO_COMPLEX", "QUERY_UNINDEXABLE"].includes(code ?? ""),
          );
          return;
        }
        const query = outcome.value;
        const table = customers().table(query);
        await store().open(table);
        const writes = made.map((each, i) => customers().put(`r${i}`, each));
        await store().write(table, writes);

        const request = customers().request.fromPartial(parameters);
        const matches = createMatcher(query.checked.where, query.checked.columns);
        const rows = writes.flatMap((write) => (write.row === undefined ? [] : [write.row]));
        const sorted = sortedPlainly(
          rows.filter((each) => matches(each, request) === true),
          query,
        );
        const start = offset ?? 0;
        const expected = sorted.slice(start, limit === null ? undefined : start + limit);
        const found = await sortedKeys(table, query, parameters);
        expect(found).to.deep.equal(expected.map(keyOf));
        expect(await store().count(table, query.plan, request)).to.equal(sorted.length);
      }),
      { numRuns: 200 },
    );
  });
};

const keyOf = (row: Message): string => String(fieldOf(row, "customer_id"));

/** NULL is less than any value, and the least of all in ascending order; ties go by key. */
const sortedPlainly = (rows: readonly Message[], { checked }: CompiledQuery): readonly Message[] => {
  const valueAt = (row: Message, path: string): Value | undefined => {
    const column = checked.columns.find((each) => each.path === path);
    return column && toValue(readPath(row, column.steps), column.type, path);
  };
  return rows.toSorted((a, b) => {
    for (const { column, descending } of checked.order) {
      const [left, right] = [valueAt(a, column), valueAt(b, column)];
      const isLess = right !== undefined && (left === undefined || compareValues(left, right) < 0);
      const isMore = left !== undefined && (right === undefined || compareValues(left, right) > 0);
      if (isLess !== isMore) return isLess === descending ? 1 : -1;
    }
    return keyOf(a) < keyOf(b) ? -1 : 1;
  });
};
