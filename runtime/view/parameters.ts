import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { Operand, Step, Value } from "./plan.ts";
import { readPath, toValue } from "./value.ts";

/** What an operand is worth for a request. Throws MISSING_PARAMETER when the request leaves it unset. */
export const operandValue = (operand: Operand, request: Message): Value => {
  if (operand.kind === "literal") return operand.value;
  const { name, steps, type } = operand.parameter;
  const value = toValue(readPath(request, steps), type, `parameter "${name}"`);
  if (value === undefined) throw missing(name);
  return value;
};

/** What stands in the request at this path, as it is. Throws MISSING_PARAMETER when it is unset. */
export const requestField = (name: string, steps: readonly Step[], request: Message): unknown => {
  const value = readPath(request, steps);
  if (value === undefined) throw missing(name);
  return value;
};

const missing = (name: string): MeshError =>
  new MeshError("MISSING_PARAMETER", `the request does not set "${name}", which the query needs; set it`, {
    fields: [{ field: name, description: "must be set" }],
  });
