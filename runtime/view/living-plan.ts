import type { Message } from "../codec.ts";
import { guardHolds, isUnset } from "./parameters.ts";
import type { Disjunct, Operand, Parameter, Plan, Predicate } from "./plan.ts";

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
    (disjunct) => disjunct.guards !== undefined || testsOf(disjunct).some((test) => nullableOf(test) !== undefined),
  );
  mortality.set(plan, can);
  return can;
};

const isLiving = (disjunct: Disjunct, request: Message): boolean =>
  (disjunct.guards ?? []).every((guard) => guardHolds(guard, request)) &&
  testsOf(disjunct).every((test) => {
    const parameter = nullableOf(test);
    return parameter === undefined || !isUnset(parameter, request);
  });

const testsOf = ({ equal, range, residual }: Disjunct): readonly Predicate[] => [...equal, ...range, ...residual];

/** What a test compares with, if it may be NULL. */
const nullableOf = (test: Predicate): Parameter | undefined => {
  const parameter = parameterOf(test);
  return parameter?.isNullable === true ? parameter : undefined;
};

/** A list of IN may hold NULL and be true all the same. */
const parameterOf = (test: Predicate): Parameter | undefined => {
  switch (test.kind) {
    case "compare":
    case "contains":
      return ofOperand(test.operand);
    case "startsWith":
      return ofOperand(test.prefix);
    case "like":
    case "likeRange":
      return ofOperand(test.pattern);
    case "inList":
      return test.list;
    case "in":
    case "null":
      return undefined;
  }
};

const ofOperand = (operand: Operand): Parameter | undefined =>
  operand.kind === "parameter" ? operand.parameter : undefined;
