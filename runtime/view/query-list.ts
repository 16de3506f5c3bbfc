import { encodeMessage, type Message } from "../codec.ts";
import type { Assignment, Result } from "./checked.ts";
import { type BoundedList, createBoundedList, framedSize } from "./list-size.ts";
import { pageTokenOf } from "./page-token.ts";
import type { QueryOptions } from "./query.ts";
import { createParts, createProjection, noSummary, type Summary } from "./result.ts";
import { createPlacer } from "./row-order.ts";
import type { Page } from "./store.ts";
import { refuseEmptyPage, windowOf } from "./window.ts";

type ListResult = Result & { readonly kind: "list" };

const defaultListBytes = 16 * 1024 * 1024;

/** A query that gives its rows in a repeated field of one message, with what else is told of them. */
export const createListQuery = (
  options: QueryOptions,
  result: ListResult,
): ((request: Message) => Promise<Message>) => {
  const { compiled, table, store, response, transform } = options;
  const { plan } = compiled;
  const project = createProjection(result.assignments, response);
  const isAsked = (...names: readonly string[]): boolean =>
    result.assignments.some(({ source }) => source.kind === "summary" && names.includes(source.name));
  const isCounted = isAsked("count", "total_count");
  const hasNext = isAsked("next_page_token");
  const isPaged = plan.pageToken !== undefined || isAsked("has_more");
  const placeOf = createPlacer(plan.order, plan.columns);
  const newGathering = createGathering(options, result);
  const transformed = (page: Page): Page => (transform === undefined ? page : transformPage(page, transform));

  const gatherAll = async (request: Message, gather: Gather): Promise<Omit<Summary, "count">> => {
    for await (const page of store.find(table, plan, request)) gather(transformed(page));
    return noSummary;
  };

  const gatherPage = async (request: Message, gather: Gather): Promise<Omit<Summary, "count">> => {
    const window = await store.page(table, plan, request);
    gather(transformed(window));
    const { rows, keys, hasMore } = window;
    const [row, key] = [rows[rows.length - 1], keys[keys.length - 1]];
    const isLast = !hasMore || row === undefined || key === undefined || plan.pageToken === undefined;
    return { hasMore, nextPageToken: isLast ? "" : pageTokenOf(plan, request, placeOf(row, key)) };
  };

  return async (request) => {
    // What is missing in the request is told before rows are read.
    project(request, {}, noSummary);
    if (hasNext) refuseEmptyPage(plan, request);
    const { list, gather } = newGathering(request);
    const told = await (isPaged ? gatherPage : gatherAll)(request, gather);
    const { offset, limit } = windowOf(plan, request);
    const isWhole = transform === undefined && !isPaged && offset === 0 && list.elements.length < limit;
    const count = isWhole || !isCounted ? list.elements.length : await store.count(table, plan, request);
    const message = project(request, {}, { ...told, count });
    if (result.element !== undefined) {
      const { [result.field]: elements } = response.fromPartial({ [result.field]: list.elements }) as Elements;
      return Object.assign(message, { [result.field]: elements });
    }
    // The rows are the store's own, made for this call: `fromPartial` would only copy each of them once more.
    return Object.assign(message, { [result.field]: list.elements });
  };
};

/** Handlers may make rows longer than the store knows of: they are measured. */
const transformPage = ({ rows }: Page, transform: NonNullable<QueryOptions["transform"]>): Page => ({
  rows: rows.map(transform).filter((row) => row !== undefined),
  sizeAtMost: Number.POSITIVE_INFINITY,
});

type Elements = { readonly [field: string]: readonly Message[] | undefined };
type Gather = (page: Page) => void;
type Gathering = { readonly list: BoundedList; readonly gather: Gather };

/** How pages become elements of the list, and how large those may be. */
const createGathering = (
  { table, response, maxListBytes: maxBytes = defaultListBytes }: QueryOptions,
  { element, field, fieldNumber }: ListResult,
): ((request: Message) => Gathering) => {
  if (element === undefined) {
    return () => {
      const sizeOf = (row: Message): number => framedSize(fieldNumber, encodeMessage(table.row, row).length);
      const list = createBoundedList({ sizeOf, fieldNumber, maxBytes });
      return { list, gather: ({ rows, sizeAtMost }) => list.add(rows, sizeAtMost) };
    };
  }
  const partsOf = createParts(element);
  const sizeOf = (parts: Message): number => encodeMessage(response, response.fromPartial({ [field]: [parts] })).length;
  const reads = readsOf(element);
  return (request) => {
    const list = createBoundedList({ sizeOf, fieldNumber, maxBytes });
    const blank = sizeOf(partsOf(request, {}));
    return {
      list,
      // No value of a row is larger than the row, and each stands behind a tag and a length.
      gather: ({ rows, sizeAtMost }) =>
        list.add(
          rows.map((row) => partsOf(request, row)),
          Math.max(1, reads) * sizeAtMost + rows.length * (blank + 15 * reads),
        ),
    };
  };
};

/** How many values of a row an element has. */
const readsOf = (assignments: readonly Assignment[]): number =>
  assignments
    .map(({ source }) => (source.kind === "row" ? 1 : source.kind === "group" ? 1 + readsOf(source.assignments) : 0))
    .reduce((sum, reads) => sum + reads, 0);
