import type { Condition } from "./ast.ts";
import type { CheckedQuery } from "./checked.ts";
import { checkQuery, type QueryContext } from "./checker.ts";
import { parseQuery } from "./parser.ts";
import type { Plan } from "./plan.ts";
import { planQuery } from "./planner.ts";
import { type Outcome, ok } from "./problem.ts";

/** A query ready to run, with the checked form its plan was made from. */
export type CompiledQuery = { readonly checked: CheckedQuery; readonly plan: Plan };

/** Text to plan, or every problem of the first stage that has any. */
export const compileQuery = (text: string, context: QueryContext): Outcome<CompiledQuery> => {
  const parsed = parseQuery(text);
  if (parsed.kind === "problems") return parsed;
  const checked = checkQuery(parsed.value, context);
  if (checked.kind === "problems") return checked;
  const { where } = parsed.value;
  const plan = planQuery(checked.value, where === undefined ? 0 : startOf(where));
  return plan.kind === "problems" ? plan : ok({ checked: checked.value, plan: plan.value });
};

/** Where the condition's first word is; AND, OR and the NOT of NOT IN have their own places behind it. */
const startOf = (condition: Condition): number => {
  switch (condition.kind) {
    case "and":
    case "or":
      return startOf(condition.left);
    case "not":
      return Math.min(condition.offset, startOf(condition.condition));
    default:
      return condition.offset;
  }
};
