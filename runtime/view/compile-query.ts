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
  const plan = planQuery(checked.value, parsed.value.where?.offset ?? 0);
  return plan.kind === "problems" ? plan : ok({ checked: checked.value, plan: plan.value });
};
