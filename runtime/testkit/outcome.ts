import { AssertionError } from "node:assert";
import { fieldOf, type Message, type MessageFns } from "../codec.ts";
import type { StatusCode } from "../status.ts";
import type { CommandOf, GivenEntity, UnitOutcome } from "./entity-case.ts";
import { assertError, assertSame, joined, listSides, plain, type Sides, sidesOf } from "./expected.ts";
import { stateOf } from "./message-types.ts";

/** What a test says of an outcome; see `Expected` for what its parts mean. */
export type UntypedExpectation = {
  readonly reply?: object | undefined;
  readonly state?: object | undefined;
  readonly events?: readonly (object | "deletion")[];
  readonly topics?: Readonly<Record<string, readonly (object | null)[]>>;
};

/** Throws an AssertionError that shows all that differs at once. */
export const assertOutcome = (
  { component, method }: CommandOf,
  subject: GivenEntity | undefined,
  outcome: UnitOutcome,
  expectation: UntypedExpectation,
): void => {
  const { error, reply, state, isChanged, otherChange, events, topics } = outcome;
  if (error !== undefined) {
    throw new AssertionError({ message: `"${method}" failed: ${error.statusName} ${error.text}`, actual: error });
  }
  const parts: Record<string, Sides> = {};
  if ("reply" in expectation) {
    const codec = component.definition.methods[method]?.responseType;
    parts.reply = replySides(codec, expectation.reply, reply);
  }
  if ("state" in expectation) {
    parts.state = optionalSides(subject && stateOf(subject.entity), expectation.state, state);
  } else if (expectation.events === undefined) {
    parts.state = { actual: isChanged ? plain(state) : "as it was", expected: "as it was" };
  }
  if (expectation.events !== undefined) parts.events = eventSides(subject, expectation.events, events);
  if (otherChange !== undefined) parts.changed = { actual: otherChange, expected: "nothing but what is given" };
  parts.topics = topicSides(expectation.topics ?? {}, topics);
  assertSame(`what came of "${method}"`, joined(parts));
};

/** Throws an AssertionError unless the command was refused so, without any effect. */
export const assertFailure = (
  { method }: CommandOf,
  { error, reply, isChanged, topics }: UnitOutcome,
  status: StatusCode,
  text: string | undefined,
): void => {
  assertError(method, error, status, text, { reply: plain(reply) });
  const actual = { isChanged, topics: topicSides({}, topics).actual };
  assertSame(`what came of "${method}"`, { actual, expected: { isChanged: false, topics: {} } });
};

const replySides = (codec: MessageFns | undefined, named: object | undefined, actual: UnitOutcome["reply"]): Sides => {
  if (codec === undefined || !Array.isArray(actual)) return optionalSides(codec, named, actual);
  return listSides([named ?? []].flat(), actual, (each, message) => sidesOf(codec, each, message));
};

const optionalSides = (codec: MessageFns | undefined, named: object | undefined, actual: Message | undefined): Sides =>
  codec === undefined || named === undefined
    ? { actual: said(named, actual), expected: named }
    : sidesOf(codec, named, actual);

/** Replicated data has no type of a message: what is named of it is compared. */
const said = (named: object | undefined, actual: Message | undefined): unknown =>
  named === undefined || actual === undefined
    ? plain(actual)
    : Object.fromEntries(Object.keys(named).map((field) => [field, fieldOf(actual, field)]));

const eventSides = (
  subject: GivenEntity | undefined,
  expected: readonly (object | "deletion")[],
  actual: UnitOutcome["events"],
): Sides =>
  listSides(expected, actual, (named, event) => {
    if (typeof named === "string" || typeof event === "string") return { actual: plain(event), expected: named };
    const [[name, fields] = ["", {}]] = Object.entries(named) as [string, object][];
    const codec = subject?.entity.kind === "event_sourced_entity" ? subject.entity.events[name] : undefined;
    const message = event[name];
    if (codec === undefined || message === undefined) return { actual: plain(event), expected: named };
    const sides = sidesOf(codec, fields, message);
    return { actual: { [name]: sides.actual }, expected: { [name]: sides.expected } };
  });

const topicSides = (expected: NonNullable<UntypedExpectation["topics"]>, actual: UnitOutcome["topics"]): Sides => {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  return joined(
    Object.fromEntries(
      names.map((name) => [
        name,
        listSides(
          expected[name] ?? [],
          actual[name] ?? [],
          (named, published) =>
            named === null || published === null
              ? { actual: published && plain(published.message), expected: named }
              : sidesOf(published.type, named, published.message),
          (published) => published && plain(published.message),
        ),
      ]),
    ),
  );
};
