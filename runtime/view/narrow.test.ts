import { expect } from "chai";
import fc from "fast-check";
import { narrow } from "./narrow.ts";
import type { Predicate, Value } from "./plan.ts";
import { truthOf } from "./truth.ts";

const literal = (value: bigint) => ({ kind: "literal", value }) as const;
const small = fc.bigInt({ min: 0n, max: 3n });
const compare = (operators: readonly ("=" | "!=" | "<" | "<=" | ">" | ">=")[]) =>
  fc
    .tuple(fc.constantFrom(...operators), small)
    .map(([operator, value]): Predicate => ({ kind: "compare", column: "c", operator, operand: literal(value) }));
const isNull = fc.boolean().map((each): Predicate => ({ kind: "null", column: "c", isNull: each }));
const tests = fc.array(fc.oneof(compare(["=", "!=", "<", "<=", ">", ">="]), isNull), { maxLength: 3 });
const added = fc.oneof(compare(["=", "<", ">"]), isNull);

/** Whether a row with this value, or NULL, passes all of them. */
const passes = (predicates: readonly Predicate[], value: Value | undefined): boolean =>
  predicates.every(
    (test) =>
      truthOf(test, {
        column: () => value,
        elements: () => undefined,
        operand: (operand) => (operand.kind === "literal" ? operand.value : undefined),
        list: () => [],
      }) === true,
  );

describe("narrow", () => {
  it("keeps what the tests mean together", () => {
    fc.assert(
      fc.property(tests, added, fc.option(small, { nil: undefined }), (given, addition, value) => {
        const narrowed = narrow(given, [addition]);
        expect(narrowed !== undefined && passes(narrowed, value)).to.equal(passes([...given, addition], value));
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves one bound on a side", () => {
    const bound = (operator: "<" | ">=" | ">", value: bigint): Predicate => ({
      kind: "compare",
      column: "c",
      operator,
      operand: literal(value),
    });
    expect(narrow([bound(">=", 1n), bound("<", 9n)], [bound(">", 5n)])).to.deep.equal([bound("<", 9n), bound(">", 5n)]);
    expect(narrow([bound("<", 2n)], [bound("<", 5n)])).to.deep.equal([bound("<", 2n)]);
  });
});
