import type { Message } from "../codec.ts";
import { guardHolds, operandValue } from "./parameters.ts";
import type { Disjunct, Operand, Plan, Predicate } from "./plan.ts";

/** What is there to explain when no alternative is left. */
export const noRows = "no rows: every alternative compares with a parameter that is unset, or asks for it to be";

const livingPlans = new WeakMap<Plan, Map<string, Plan>>();

/**
 * The plan without the alternatives that give no rows for this request, since a guard does not hold or something is
 * compared with a parameter that is unset. The same plan is given again for requests that leave the same.
 */
export const livingPlan = (plan: Plan, request: Message): Plan => {
  if (!canDie(plan)) return plan;
  const living = plan.disjuncts.filter((disjunct) => isLiving(disjunct, request));
  if (living.length === plan.disjuncts.length) return plan;
  const known = livingPlans.get(plan) ?? new Map<string, Plan>();
  livingPlans.set(plan, known);
  const name = living.map((disjunct) => plan.disjuncts.indexOf(disjunct)).join();
  const reduced = known.get(name) ?? { ...plan, disjuncts: living };
  known.set(name, reduced);
  return reduced;
};

/** Most plans have nothing that depends on a parameter being set. */
const mortality = new WeakMap<Plan, boolean>();

const canDie = (plan: Plan): boolean => {
  const known = mortality.get(plan);
  if (known !== undefined) return known;
  const can = plan.disjuncts.some(
    (disjunct) => disjunct.guards !== undefined || testsOf(disjunct).some((test) => isNullable(operandOf(test))),
  );
  mortality.set(plan, can);
  return can;
};

const isLiving = (disjunct: Disjunct, request: Message): boolean =>
  (disjunct.guards ?? []).every((guard) => guardHolds(guard, request)) &&
  testsOf(disjunct).every((test) => {
    const operand = operandOf(test);
    return operand === undefined || !isNullable(operand) || operandValue(operand, request) !== undefined;
  });

const testsOf = ({ equal, range, residual }: Disjunct): readonly Predicate[] => [...equal, ...range, ...residual];

const isNullable = (operand: Operand | undefined): boolean =>
  operand?.kind === "parameter" && operand.parameter.isNullable === true;

/** What a test compares with; a list of IN may hold NULL and be true all the same. */
const operandOf = (test: Predicate): Operand | undefined => {
  switch (test.kind) {
    case "compare":
    case "contains":
      return test.operand;
    case "startsWith":
      return test.prefix;
    case "like":
    case "likeRange":
      return test.pattern;
    case "in":
    case "inList":
    case "null":
      return undefined;
  }
};
