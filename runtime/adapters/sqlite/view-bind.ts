import type { Message } from "../../codec.ts";
import { listValues, operandValue } from "../../view/parameters.ts";
import type { Operand, Parameter, Predicate, Value } from "../../view/plan.ts";
import { textRange } from "../../view/text-range.ts";
import { type Cell, cellOf } from "./view-cells.ts";

/** What a `?` of a plan's SQL stands for. */
export type SqlOperand =
  | Operand
  /** All values of a repeated parameter, as JSON. */
  | { readonly kind: "list"; readonly list: Parameter }
  /** One end of a stretch of texts. */
  | {
      readonly kind: "edge";
      readonly range: Predicate & { readonly kind: "startsWith" | "likeRange" };
      readonly edge: "from" | "to";
    };

/** What is bound for all operands of a request. */
export const bindCells = (operands: readonly SqlOperand[], request: Message): Cell[] =>
  operands.map((operand) => bindCell(operand, request));

/** What is bound for a request. Throws what reading a parameter throws. */
export const bindCell = (operand: SqlOperand, request: Message): Cell => {
  switch (operand.kind) {
    case "list":
      return `[${listValues(operand.list, request).map(jsonOf).join()}]`;
    case "edge": {
      const range = textRange(operand.range, request);
      // A blob is more than every text: as the end it is behind all of them, as the start it leaves none.
      return range?.[operand.edge] ?? behindTexts;
    }
    default: {
      const value = operandValue(operand, request);
      return value === undefined ? null : cellOf(value);
    }
  }
};

const behindTexts = new Uint8Array(0);

/** As `json_each` reads it back: integers by all their digits, infinities by what is rounded to them. */
const jsonOf = (value: Value): string => {
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString("hex")}"`;
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "1" : "0";
    case "bigint":
      return String(value);
    case "number":
      if (!Number.isFinite(value)) return value > 0 ? "9e999" : "-9e999";
      // Without an exponent it would be read as an integer, and the shortest digits may be those of another one.
      return value.toExponential();
  }
};
