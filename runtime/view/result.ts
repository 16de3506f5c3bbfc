import type { Message } from "../codec.ts";
import type { MessageType } from "../ports.ts";
import type { Assignment } from "./checked.ts";
import { requestField } from "./parameters.ts";
import { readPath } from "./value.ts";

/** Makes a response of its parts; columns are read from the row, when there is one. */
export const createProjection = (
  assignments: readonly Assignment[],
  response: MessageType,
): ((request: Message, row: Message) => Message) => {
  return (request, row) => {
    const parts: Record<string, unknown> = {};
    for (const { target, source } of assignments) {
      const value = sourceValue(source, request, row);
      if (value === undefined) continue;
      if (target.kind === "member") parts[target.oneof] = { $case: target.name, value };
      else if (target.kind === "field") parts[target.name] = value;
    }
    return response.fromPartial(parts);
  };
};

const sourceValue = (source: Assignment["source"], request: Message, row: Message): unknown => {
  switch (source.kind) {
    case "row":
      return readPath(row, source.steps);
    case "request":
      return requestField(source.name, source.steps, request);
    case "literal":
      return source.value;
  }
};
