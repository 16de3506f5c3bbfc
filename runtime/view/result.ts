import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import type { ItemFunction } from "./ast.ts";
import type { Assignment } from "./checked.ts";
import { requestField } from "./parameters.ts";
import { readPath } from "./value.ts";

/** What is known of all rows of a call together. */
export type Summary = { readonly count: number; readonly hasMore: boolean; readonly nextPageToken: string };

export const noSummary: Summary = { count: 0, hasMore: false, nextPageToken: "" };

/** Makes a response of its parts; columns are read from the row, when there is one. */
export const createProjection = (
  assignments: readonly Assignment[],
  response: MessageType,
): ((request: Message, row: Message, summary?: Summary) => Message) => {
  const partsOf = createParts(assignments);
  return (request, row, summary) => response.fromPartial(partsOf(request, row, summary));
};

/** The parts alone, for a message inside of a response, which is made when the response is. */
export const createParts =
  (assignments: readonly Assignment[]) =>
  (request: Message, row: Message, summary: Summary = noSummary): Message =>
    makeParts(assignments, request, row, summary);

const makeParts = (assignments: readonly Assignment[], request: Message, row: Message, summary: Summary): Message => {
  const parts: Record<string, unknown> = {};
  for (const { target, source } of assignments) {
    const value = sourceValue(source, request, row, summary);
    if (value === undefined) continue;
    if (target.kind === "member") parts[target.oneof] = { $case: target.name, value };
    else if (target.kind === "field") parts[target.name] = value;
  }
  return parts;
};

const sourceValue = (source: Assignment["source"], request: Message, row: Message, summary: Summary): unknown => {
  switch (source.kind) {
    case "row":
      return readPath(row, source.steps);
    case "request":
      return requestField(source, request);
    case "literal":
      return source.value;
    case "group":
      return makeParts(source.assignments, request, row, summary);
    case "summary":
      return summaryValue(source.name, source.most, summary);
  }
};

const summaryValue = (name: ItemFunction, most: bigint, { count, hasMore, nextPageToken }: Summary): unknown => {
  switch (name) {
    case "count":
    case "total_count":
      if (BigInt(count) > most) {
        throw new MeshError("RESULT_TOO_LARGE", `${count} rows are more than the field can count; make it an int64`);
      }
      // As the generated code holds integers: those of 64 bits are bigint.
      return most < 2n ** 33n ? count : BigInt(count);
    case "has_more":
      return hasMore;
    case "next_page_token":
      return nextPageToken;
  }
};
