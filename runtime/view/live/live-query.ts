import { fieldOf, type Message } from "../../codec.ts";
import type { MessageType } from "../../ports.ts";
import type { Result } from "../checked.ts";
import type { CompiledQuery } from "../compile-query.ts";
import { createProjection } from "../result.ts";
import type { LiveTable } from "./live-table.ts";
import { readResumeToken, requestKeyOf, resumeToken } from "./resume-token.ts";
import { type LiveEvent, watch } from "./watcher.ts";

export type LiveQueryOptions = {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly compiled: CompiledQuery;
  readonly live: LiveTable;
  readonly request: MessageType;
  readonly response: MessageType;
  /** What becomes of each row that is selected; `undefined` leaves it out. */
  readonly transform?: ((row: Message) => Message | undefined) | undefined;
  /** After such a silence an envelope says SYNCED again, with a newer token; four minutes by default. */
  readonly idleMs?: number;
};

/** A live query ready to be called; the stream ends when the signal does, or with an error. */
export type LiveQueryCall = (request: Message, signal: AbortSignal) => AsyncIterable<Message>;

/** Below five minutes, after which proxies hold a stream for dead. */
const defaultIdleMs = 240_000;

/** Runs a `stream_updates` query; without `change` in its response only rows that enter or change are told. */
export const createLiveQuery = (options: LiveQueryOptions): LiveQueryCall => {
  const { path, compiled, live, idleMs = defaultIdleMs } = options;
  const { result } = compiled.checked;
  const resumes = result.kind === "envelope" && result.resumes;
  const { transform } = options;
  const respond = responderOf(result, options.response, transform);
  // In an envelope it is the row that a handler is given: one that it leaves out is not in the result.
  const show = result.kind === "envelope" ? transform : undefined;
  return async function* (request, signal) {
    const requestKey = requestKeyOf(path, options.request, request);
    const resumeFrom = resumes
      ? readResumeToken(String(fieldOf(request, "resume_token") ?? ""), requestKey)
      : undefined;
    for await (const event of watch({ live, query: compiled, request, requestKey, resumeFrom, signal, idleMs, show })) {
      const response = respond(request, requestKey, event);
      if (response !== undefined) yield response;
    }
  };
};

type Respond = (request: Message, requestKey: string, event: LiveEvent) => Message | undefined;

const responderOf = (result: Result, response: MessageType, transform: LiveQueryOptions["transform"]): Respond => {
  const given = (row: Message | undefined): Message | undefined =>
    row === undefined || transform === undefined ? row : transform(row);
  switch (result.kind) {
    case "row":
      return (_, __, event) => (isRow(event) ? given(event.row) : undefined);
    case "envelope":
      return envelopeResponder(result, response);
    default: {
      const project = createProjection(result.assignments, response);
      return (request, _, event) =>
        isRow(event) && event.row !== undefined ? given(project(request, event.row)) : undefined;
    }
  }
};

const isRow = ({ change }: LiveEvent): boolean => change === "ENTER" || change === "UPDATE";

const envelopeResponder = (
  { field, parts, assignments }: Extract<Result, { kind: "envelope" }>,
  response: MessageType,
): Respond => {
  const project = createProjection(assignments, response);
  return (request, requestKey, event) => {
    const { change, key, row, position } = event;
    if (!parts.has("change") && !isRow(event)) return undefined;
    const filled: Record<string, unknown> = { [field]: row };
    if (parts.has("change")) filled.change = change;
    if (parts.has("key")) filled.key = key;
    if (parts.has("sequence")) filled.sequence = position?.order ?? 0n;
    if (parts.has("resume_token"))
      filled.resume_token = position === undefined ? "" : resumeToken(position, requestKey);
    // The row is shared by all who watch; it is only read from here on.
    return Object.assign(project(request, {}), filled);
  };
};
