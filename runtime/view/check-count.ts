import type { Expression } from "./ast.ts";
import type { Scope } from "./check-scope.ts";
import { describeType } from "./field-type.ts";
import type { Operand } from "./plan.ts";

/** More rows than any table has; what JavaScript and both stores count exactly. */
const most = BigInt(Number.MAX_SAFE_INTEGER);

/** A number of rows: a whole number that is not negative, or a parameter of an integer type. */
export const checkCount = (count: Expression, clause: "LIMIT" | "OFFSET", scope: Scope): Operand | undefined => {
  if (count.kind === "integer") {
    const value = BigInt(count.text);
    if (value >= 0n && value <= most) return { kind: "literal", value };
  }
  if (count.kind === "parameter") {
    const found = scope.parameter(count);
    if (found === undefined) return undefined;
    const { isNullable, ...parameter } = found.parameter;
    // No number of rows is NULL, so this one must be set, whatever the condition asks.
    if (parameter.type === "integer") return { kind: "parameter", parameter };
    const remedy = `make the field "${found.parameter.name}" of ${scope.request.typeName} an int32 or int64`;
    return scope.report(
      "TYPE_MISMATCH",
      count,
      `${clause} takes a number of rows, not ${describeType(found.type)}`,
      remedy,
    );
  }
  return scope.report(
    "TYPE_MISMATCH",
    count,
    `${clause} takes a number of rows`,
    `write a whole number from 0 to ${most}, or an integer :parameter`,
  );
};
