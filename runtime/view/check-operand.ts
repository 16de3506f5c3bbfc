import type { Expression } from "./ast.ts";
import type { Scope, TypedColumn } from "./check-scope.ts";
import { areComparable, describeType } from "./field-type.ts";
import { literalAs } from "./literal.ts";
import type { Operand } from "./plan.ts";

/** A literal or parameter beside a column, or an element of a list; `undefined` when it was reported. */
export const checkOperand = (value: Expression, subject: TypedColumn, scope: Scope): Operand | undefined => {
  const { column, type } = subject;
  if (value.kind === "path") {
    return scope.report(
      "QUERY_NOT_SUPPORTED",
      value,
      "a column cannot stand in this place",
      "write a literal or a :parameter; columns are compared with =, !=, <, <=, > and >=",
    );
  }
  if (value.kind !== "parameter") {
    const outcome = literalAs(value, type);
    if (outcome.kind === "value") return { kind: "literal", value: outcome.value };
    const { code, text, remedy } = outcome.problem;
    return scope.report(code, value, `column "${column.path}": ${text}`, remedy);
  }
  const found = scope.parameter(value);
  if (found === undefined) return undefined;
  if (areComparable(found.type, type)) return { kind: "parameter", parameter: found.parameter };
  return scope.report(
    "TYPE_MISMATCH",
    value,
    `column "${column.path}" is ${describeType(type)}, parameter ":${found.parameter.name}" is ${describeType(found.type)}`,
    `make the field "${found.parameter.name}" of ${scope.request.typeName} ${describeType(type)}`,
  );
};
