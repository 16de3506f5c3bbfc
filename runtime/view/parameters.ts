import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { ResultSource } from "./checked.ts";
import { excessiveLength, maxPattern } from "./like.ts";
import type { Guard, Operand, Parameter, Value } from "./plan.ts";
import { readPath, toValue } from "./value.ts";

/**
 * What an operand is worth for a request; `undefined`, which is NULL, only of a parameter that the query asks to be
 * set. Throws MISSING_PARAMETER when any other is unset, and INVALID_FIELD on a pattern that is too long.
 */
export const operandValue = (operand: Operand, request: Message): Value | undefined => {
  if (operand.kind === "literal") return operand.value;
  const { name, steps, type, isNullable, isPattern } = operand.parameter;
  const value = toValue(readPath(request, steps), type, `parameter "${name}"`);
  if (value === undefined && isNullable !== true) throw missing(name);
  if (isPattern === true && typeof value === "string") refuseLongPattern(name, value);
  return value;
};

const refuseLongPattern = (name: string, pattern: string): void => {
  const length = excessiveLength(pattern);
  if (length === undefined) return;
  throw new MeshError(
    "INVALID_FIELD",
    `"${name}" is a pattern of ${length} characters, and LIKE takes at most ${maxPattern}; send a shorter one`,
    { fields: [{ field: name, description: `must have at most ${maxPattern} characters` }] },
  );
};

/** The values of a repeated parameter. Throws MISSING_PARAMETER when a message around it is unset. */
export const listValues = ({ name, steps, type }: Parameter, request: Message): readonly Value[] => {
  const raw = readPath(request, steps);
  if (!Array.isArray(raw)) throw missing(name);
  return raw.flatMap((each: unknown) => toValue(each, type, `parameter "${name}"`) ?? []);
};

/** Is this NULL for the request? Throws nothing, whether the parameter must be set or not. */
export const isUnset = ({ steps }: Pick<Parameter, "steps">, request: Message): boolean =>
  (readPath(request, steps) ?? undefined) === undefined;

export const guardHolds = ({ parameter, isNull }: Guard, request: Message): boolean =>
  isUnset(parameter, request) === isNull;

/** What stands in the request at this path, as it is. Throws MISSING_PARAMETER when it is unset and must not be. */
export const requestField = (
  { name, steps, isNullable }: ResultSource & { readonly kind: "request" },
  request: Message,
): unknown => {
  const value = readPath(request, steps);
  if (value === undefined && !isNullable) throw missing(name);
  return value;
};

const missing = (name: string): MeshError =>
  new MeshError("MISSING_PARAMETER", `the request does not set "${name}", which the query needs; set it`, {
    fields: [{ field: name, description: "must be set" }],
  });
