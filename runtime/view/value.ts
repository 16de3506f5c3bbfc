import { fieldOf, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { ColumnType, Step, Value } from "./plan.ts";
import { type Timestamp, timestampText } from "./timestamp.ts";

/** What stands at the end of a path, as the generated code gives it; `undefined` for what is not set. */
export const readPath = (message: Message, steps: readonly Step[]): unknown => {
  let current: unknown = message;
  for (const step of steps) {
    if (typeof current !== "object" || current === null) return undefined;
    current = takeStep(current, step);
  }
  return current;
};

const takeStep = (message: object, step: Step): unknown => {
  switch (step.kind) {
    case "field":
      return fieldOf(message, step.name);
    case "entry":
      return Object.hasOwn(message, step.key) ? fieldOf(message, step.key) : undefined;
    case "member": {
      const chosen = fieldOf(message, step.oneof) as { $case: string; value: unknown } | undefined;
      return chosen?.$case === step.name ? chosen.value : undefined;
    }
  }
};

/**
 * The value as stores hold it; `undefined` is NULL. Throws UNSUPPORTED_VALUE, naming `what`, on a value that
 * not every store could hold and compare.
 */
export const toValue = (raw: unknown, type: ColumnType, what: string): Value | undefined => {
  if (raw === undefined || raw === null) return undefined;
  switch (type) {
    case "string":
      return supportedText(raw as string, what);
    case "integer":
      return typeof raw === "bigint" ? raw : BigInt(raw as number);
    case "float":
      return Math.fround(supportedNumber(raw as number, what));
    case "double":
      return supportedNumber(raw as number, what);
    case "timestamp": {
      const text = timestampText(raw as Timestamp);
      if (text === undefined) throw unsupported(what, "lies outside of the years 1 to 9999", "send a time within them");
      return text;
    }
    case "bool":
    case "enum":
    case "bytes":
      return raw as Value;
  }
};

/** The text, unless it holds a NUL, which a store might take for its end. */
export const supportedText = (text: string, what: string): string => {
  if (text.includes("\0")) throw unsupported(what, "holds a NUL character", "take it out");
  return text;
};

const supportedNumber = (number: number, what: string): number => {
  if (Number.isNaN(number)) throw unsupported(what, "is NaN", "send a number");
  return number;
};

const unsupported = (what: string, fault: string, remedy: string): MeshError =>
  new MeshError("UNSUPPORTED_VALUE", `${what} ${fault}; ${remedy}`);

/** Order of two values of one type: numbers by size, text by its UTF-8 bytes, false before true. */
export const compareValues = (a: Value, b: Value): number => {
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a < b) return -1;
  return a > b ? 1 : 0;
};

const [firstSurrogate, afterSurrogates] = [0xd800, 0xe000];

/** By code points, which is the order of UTF-8; by code units what is beyond U+FFFF would come before U+E000. */
const compareTexts = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    const areHigh = left >= firstSurrogate && right >= firstSurrogate;
    return areHigh && left < afterSurrogates !== right < afterSurrogates ? right - left : left - right;
  }
  return a.length - b.length;
};
