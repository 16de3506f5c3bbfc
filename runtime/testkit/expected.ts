import { AssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import type { Message, MessageFns } from "../codec.ts";
import type { MeshError } from "../errors.ts";
import { type StatusCode, statusName } from "../status.ts";

/** A message with some of its fields, as generated code takes it. */
export type PartialMessage<T> = T extends bigint
  ? bigint | number | string
  : T extends Scalar
    ? T
    : T extends readonly (infer U)[]
      ? readonly PartialMessage<U>[]
      : T extends { readonly $case: string }
        ? { readonly [K in keyof T]: K extends "$case" ? T[K] : PartialMessage<T[K]> }
        : { readonly [K in keyof T]?: PartialMessage<T[K]> };

type Scalar = Date | Uint8Array | string | number | boolean | undefined;

/** The same, by the generated code of the message. */
export type PartialOf<C extends MessageFns> = PartialMessage<ReturnType<C["decode"]>>;

/** What two sides of a comparison come to, as plain data. */
export type Sides = { readonly actual: unknown; readonly expected: unknown };

/**
 * The message with the fields alone that the expectation names, and the expectation with what generated code makes of
 * it. A message made by `create` names all of its fields; a map and a list are always whole.
 */
export const sidesOf = (type: MessageFns, named: object, actual: Message | undefined): Sides =>
  pick(named, type.fromPartial(named), actual);

const pick = (named: unknown, whole: unknown, actual: unknown): Sides => {
  if (Array.isArray(named) && Array.isArray(whole) && Array.isArray(actual)) {
    const pairs = actual.map((each, i) =>
      i < named.length ? pick(named[i], whole[i], each) : { actual: plain(each), expected: undefined },
    );
    const missing = whole.slice(actual.length).map(plain);
    return {
      actual: pairs.map((pair) => pair.actual),
      expected: [...pairs.slice(0, named.length).map((pair) => pair.expected), ...missing],
    };
  }
  if (!isRecord(named) || !isRecord(whole) || !isRecord(actual))
    return { actual: plain(actual), expected: plain(whole) };
  // Only a message has fields that nobody named.
  const isWhole = fieldsOf(whole).every((field) => field in named);
  const fields = isWhole ? [...new Set([...fieldsOf(named), ...fieldsOf(actual)])] : fieldsOf(named);
  const sides: { actual: Record<string, unknown>; expected: Record<string, unknown> } = { actual: {}, expected: {} };
  for (const field of fields) {
    const pair = pick(named[field], whole[field], actual[field]);
    if (field in actual) sides.actual[field] = pair.actual;
    // What is no field of the message is a mistake of the expectation, and equals nothing.
    if (field in whole || field in named) sides.expected[field] = field in whole ? pair.expected : plain(named[field]);
  }
  return sides;
};

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** What a reader kept of fields that it does not know is no field. */
const fieldsOf = (message: Fields): string[] => Object.keys(message).filter((field) => field !== "_unknownFields");

/** The value without a prototype of its own, and without what is no field. */
export const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value instanceof Uint8Array ? Uint8Array.from(value) : value;
  return Object.fromEntries(fieldsOf(value).map((field) => [field, plain(value[field])]));
};

/** Several comparisons as one. */
export const joined = (parts: Readonly<Record<string, Sides>>): Sides => ({
  actual: Object.fromEntries(Object.entries(parts).map(([part, sides]) => [part, sides.actual])),
  expected: Object.fromEntries(Object.entries(parts).map(([part, sides]) => [part, sides.expected])),
});

/** Two lists, element by element; what one of them has more is shown whole. */
export const listSides = <E, A>(
  expected: readonly E[],
  actual: readonly A[],
  compare: (expected: E, actual: A) => Sides,
  show: (actual: A) => unknown = plain,
): Sides => {
  const pairs = actual.flatMap((each, i) => (i < expected.length ? [compare(expected[i] as E, each)] : []));
  return {
    actual: [...pairs.map((pair) => pair.actual), ...actual.slice(expected.length).map(show)],
    expected: [...pairs.map((pair) => pair.expected), ...expected.slice(actual.length)],
  };
};

/** Throws an AssertionError that shows where the two differ. */
export const assertSame = (what: string, { actual, expected }: Sides): void => {
  if (isDeepStrictEqual(actual, expected)) return;
  const difference = new AssertionError({ actual, expected, operator: "deepStrictEqual", stackStartFn: assertSame });
  difference.message = `${what}\n${difference.message}`;
  throw difference;
};

/** Throws an AssertionError unless it is an error of this status, whose text has this part. */
export const assertError = (
  method: string,
  error: MeshError | undefined,
  status: StatusCode,
  text: string | undefined,
  instead: object,
): void => {
  const what = `what came of "${method}"`;
  assertSame(what, {
    actual: error === undefined ? { status: "OK", ...instead } : { status: error.statusName },
    expected: { status: statusName(status) },
  });
  // The whole text is shown where the part is missing.
  const isTold = text === undefined || error?.text.includes(text) === true;
  if (!isTold) assertSame(what, { actual: { text: error?.text }, expected: { text } });
};
