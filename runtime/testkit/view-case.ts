import { topicOfSource } from "../binding/entity-sources.ts";
import type { Message } from "../codec.ts";
import type { View } from "../component/view.ts";
import type { MethodModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { LogRecord } from "../ports.ts";
import type { StatusCode } from "../status.ts";
import { assertError, listSides, plain, type Sides, sidesOf } from "./expected.ts";
import type { CheckedApplication } from "./message-types.ts";
import { inUnitWorld, type UnitWorld } from "./unit-world.ts";

/** What has happened to the source of a row, in order; `null` for its deletion. */
export type GivenRow = { readonly key: string; readonly events: readonly (object | null)[] };

export type QueryOf = { readonly view: View; readonly method: string; readonly request: object };

/** What a query answers: a message, or the rows of a stream. */
export type Answer = { readonly rows: readonly Message[]; readonly error: MeshError | undefined };

/** Runs a query on the rows that the events have made. */
export const runQuery = (
  checked: CheckedApplication,
  given: readonly GivenRow[],
  { view, method, request }: QueryOf,
): Promise<Answer> =>
  inUnitWorld(checked, async (world) => {
    const methods = checked.model.services.get(view.definition.fullName)?.methods ?? [];
    let offset = 0n;
    for (const { key, events } of given) {
      for (const event of events) await feed(world, { view, methods, key, event, offset: offset++ });
    }
    const query = methods.find(({ handler }) => handler === method);
    const endpoint = world.bound.endpoints.find(({ path }) => path === query?.path);
    if (endpoint === undefined) throw new Error(`${view.definition.fullName} has no query "${method}"`);
    if (query?.query?.streamUpdates) throw new Error(`"${method}" is a live query; watch it in a whole application`);
    const message = endpoint.request.fromPartial(request);
    const rows: Message[] = [];
    try {
      if (endpoint.shape === "unary") rows.push((await endpoint.handle(message, world.context)) ?? {});
      else if (endpoint.shape === "server_streaming") {
        for await (const row of endpoint.handle(message, world.context)) rows.push(row);
      }
      return { rows, error: undefined };
    } catch (error) {
      if (error instanceof MeshError) return { rows, error };
      throw error;
    }
  });

type Fed = {
  readonly view: View;
  readonly methods: readonly MethodModel[];
  readonly key: string;
  readonly event: object | null;
  readonly offset: bigint;
};

/** Has the view's own consumer handle an event, as a record of its source. */
const feed = async ({ bound }: UnitWorld, { view, methods, key, event, offset }: Fed): Promise<void> => {
  const [[name, fields] = [undefined, undefined]] = Object.entries(event ?? {}) as [string, object][];
  const updates = methods.filter(({ update }) => update !== undefined);
  const method = updates.find(({ handler }) => name === undefined || handler === name);
  const codec = view.definition.methods[name ?? ""]?.requestType;
  if (method?.source === undefined || (name !== undefined && codec === undefined)) {
    throw new Error(`${view.definition.fullName} has no update "${name}"`);
  }
  const topic = topicOfSource(method.source);
  const { group } = method.source;
  const plan = bound.consumers.find((each) => each.group.startsWith(`${group}.`) && each.topics.includes(topic));
  if (plan === undefined)
    throw new Error(`nothing of the application reads "${topic}" for ${view.definition.fullName}`);
  const isDeletion = codec === undefined || method.handlesDeletes;
  const record: LogRecord = {
    topic,
    partition: 0,
    offset,
    key,
    value: isDeletion ? null : codec.encode(codec.fromPartial(fields ?? {})).finish(),
    headers: { ce_type: method.input.typeName, ce_subject: key, ce_sequence: `${offset + 1n}.0` },
    timestamp: 0,
  };
  await plan.handle(record, offset);
};

/** The comparison of an answer with what is expected: a message, or a list of rows. */
export const answerSides = ({ view, method }: QueryOf, { rows, error }: Answer, expected: object): Sides => {
  const query = view.definition.methods[method];
  if (error !== undefined || query === undefined) {
    return { actual: `${error?.statusName} ${error?.text}`, expected: plain(expected) };
  }
  if (!Array.isArray(expected)) return sidesOf(query.responseType, expected, rows[0]);
  return listSides<object, Message>(expected, rows, (named, row) => sidesOf(query.responseType, named, row));
};

/** Throws an AssertionError unless the query was refused so. */
export const assertRefused = (
  query: QueryOf,
  { rows, error }: Answer,
  status: StatusCode,
  text: string | undefined,
): void => assertError(query.method, error, status, text, { rows: plain(rows) });
