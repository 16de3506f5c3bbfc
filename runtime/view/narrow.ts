import type { Predicate, Value } from "./plan.ts";
import { agrees } from "./truth.ts";
import { compareValues } from "./value.ts";

/**
 * Tests of literals, and more of them, as one conjunction without bounds that others make void: of two bounds on
 * one side a store may enter the index by the wider, and read all that the other leaves out. `undefined` when no
 * row can pass. The added ones are IS NULL, IS NOT NULL, `=`, `<` and `>`, one a column.
 */
export const narrow = (tests: readonly Predicate[], added: readonly Predicate[]): readonly Predicate[] | undefined => {
  const dropped = new Set<Predicate>();
  for (const addition of added) {
    for (const test of tests) {
      if (test.column !== addition.column) continue;
      const verdict = judge(test, addition);
      if (verdict === "contradiction") return undefined;
      if (verdict !== "both") dropped.add(verdict === "test is void" ? test : addition);
    }
  }
  return [...tests, ...added].filter((test) => !dropped.has(test));
};

type Verdict = "both" | "test is void" | "addition is void" | "contradiction";

const judge = (test: Predicate, added: Predicate): Verdict => {
  if (added.kind === "null") {
    if (test.kind === "null") return test.isNull === added.isNull ? "test is void" : "contradiction";
    // A comparison holds of values only.
    return added.isNull ? "contradiction" : "addition is void";
  }
  if (added.kind !== "compare" || added.operand.kind !== "literal") return "both";
  const { value } = added.operand;
  if (added.operator === "=") {
    const holds = holdsOf(test, value);
    return holds === undefined ? "both" : holds ? "test is void" : "contradiction";
  }
  if (test.kind === "null") return test.isNull ? "contradiction" : "test is void";
  if (test.kind !== "compare" || test.operand.kind !== "literal") return "both";
  const isUpper = added.operator === "<";
  if (!(isUpper ? ["<", "<="] : [">", ">="]).includes(test.operator)) return "both";
  const compared = compareValues(test.operand.value, value) * (isUpper ? -1 : 1);
  // Of equal bounds the added one says it all, since it is strict.
  return compared > 0 ? "addition is void" : "test is void";
};

/** Whether a test is true of a value; `undefined` when that is left to the store. */
const holdsOf = (test: Predicate, value: Value): boolean | undefined => {
  switch (test.kind) {
    case "null":
      return !test.isNull;
    case "in":
      return test.operands.some((operand) => operand.kind === "literal" && compareValues(value, operand.value) === 0);
    case "compare":
      return test.operand.kind === "literal"
        ? agrees(compareValues(value, test.operand.value), test.operator)
        : undefined;
    default:
      return undefined;
  }
};
