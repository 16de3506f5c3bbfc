import type { OrderBy } from "./ast.ts";
import { isOrdered } from "./check-condition.ts";
import type { Scope } from "./check-scope.ts";
import { describeType } from "./field-type.ts";
import type { Order } from "./plan.ts";

/** The columns of ORDER BY; one that was named before changes nothing. */
export const checkOrder = (orderBy: readonly OrderBy[], scope: Scope): readonly Order[] => {
  const order = new Map<string, Order>();
  for (const each of orderBy) {
    const found = scope.column(each.path);
    if (found === undefined) continue;
    const { path } = found.column;
    if (!isOrdered(found.type)) {
      scope.report(
        "NOT_COMPARABLE",
        each,
        `column "${path}" is ${describeType(found.type)}, which has no order`,
        "order by a string, number, bool or Timestamp",
      );
    } else if (!order.has(path)) order.set(path, { column: path, descending: each.isDescending });
  }
  return [...order.values()];
};
