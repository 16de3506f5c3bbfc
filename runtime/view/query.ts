import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import type { Assignment } from "./checked.ts";
import type { CompiledQuery } from "./compile-query.ts";
import { createListQuery } from "./query-list.ts";
import { createProjection, noSummary } from "./result.ts";
import type { ViewStore, ViewTable } from "./store.ts";

/** A query ready to be called. */
export type ViewQueryCall =
  | { readonly kind: "unary"; readonly run: (request: Message) => Promise<Message> }
  | { readonly kind: "stream"; readonly run: (request: Message) => AsyncIterable<readonly Message[]> };

export type QueryOptions = {
  readonly compiled: CompiledQuery;
  readonly isStreamed: boolean;
  readonly table: ViewTable;
  readonly store: Pick<ViewStore, "find" | "page" | "count">;
  /** The generated type of the method's output. */
  readonly response: MessageType;
  /** Largest list in one message; 16 MiB by default. */
  readonly maxListBytes?: number;
  /** What becomes of each row that is selected; `undefined` leaves it out. */
  readonly transform?: ((row: Message) => Message | undefined) | undefined;
};

/**
 * Runs a query as its method's shape says. Unary: the one row, ROW_NOT_FOUND or SEVERAL_ROWS; with `* AS` all
 * rows in one message, RESULT_TOO_LARGE over the limit; a count. Streamed: one response a row, many at a time.
 */
export const createQuery = (options: QueryOptions): ViewQueryCall => {
  const { result } = options.compiled.checked;
  if (result.kind === "list") {
    return { kind: "unary", run: createListQuery(options, result) };
  }
  if (result.kind === "summary") {
    const run = (request: Message): Promise<Message> => runSummary(options, result.assignments, request);
    return options.isStreamed
      ? {
          kind: "stream",
          run: async function* (request) {
            yield [await run(request)];
          },
        }
      : { kind: "unary", run };
  }
  const project =
    result.kind === "row" ? (_: Message, row: Message) => row : createProjection(result.assignments, options.response);
  return options.isStreamed
    ? { kind: "stream", run: (request) => runStream(options, project, request) }
    : { kind: "unary", run: (request) => runOne(options, project, request) };
};

type Project = (request: Message, row: Message) => Message;

const runSummary = async (
  { compiled, table, store, response }: QueryOptions,
  assignments: readonly Assignment[],
  request: Message,
): Promise<Message> => {
  const count = await store.count(table, compiled.plan, request);
  return createProjection(assignments, response)(request, {}, { ...noSummary, count });
};

const noRow = (): MeshError => new MeshError("ROW_NOT_FOUND", "no row matches; check the values of the request");

const runOne = async (
  { compiled, table, store, transform }: QueryOptions,
  project: Project,
  request: Message,
): Promise<Message> => {
  const found: Message[] = [];
  for await (const page of store.find(table, compiled.plan, request)) {
    found.push(...page.rows.slice(0, 2));
    if (found.length > 1) break;
  }
  const [row, second] = found;
  if (row === undefined) throw noRow();
  if (second !== undefined) {
    throw new MeshError(
      "SEVERAL_ROWS",
      "several rows match, but the method returns one; let it return a stream, or select `* AS` a repeated field",
    );
  }
  const response = project(request, row);
  if (transform === undefined) return response;
  const result = transform(response);
  if (result === undefined) throw noRow();
  return result;
};

/** Responses that are made, and wait to be sent, at a time. */
const burstRows = 256;

async function* runStream(
  { compiled, table, store, transform = (row) => row }: QueryOptions,
  project: Project,
  request: Message,
): AsyncIterable<readonly Message[]> {
  for await (const { rows } of store.find(table, compiled.plan, request)) {
    for (let start = 0; start < rows.length; start += burstRows) {
      const burst: Message[] = [];
      for (const row of rows.slice(start, start + burstRows)) {
        const result = transform(project(request, row));
        if (result !== undefined) burst.push(result);
      }
      yield burst;
    }
  }
}
