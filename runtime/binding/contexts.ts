import { type CloudEvent, cloudEventOf } from "../component/cloud-event.ts";
import type { CallContext } from "../component/context.ts";
import type { TextHeaders } from "../component/effects.ts";
import type { UpdateContext } from "../component/view.ts";
import type { LogRecord } from "../ports.ts";

const never = new AbortController().signal;

/** A call that nobody can give up. */
abstract class OwnContext implements CallContext {
  readonly signal = never;
  readonly deadline = undefined;
  readonly isCancelled = false;
  readonly now: () => number;
  readonly headers: TextHeaders;
  abstract readonly cloudEvent: CloudEvent | undefined;

  constructor(headers: TextHeaders, now: () => number) {
    this.headers = headers;
    this.now = now;
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }
}

/** A record has no caller who could leave. */
export class RecordContext extends OwnContext {
  private readonly record: LogRecord;
  private readonly type: string;

  /** `type` is what the record was read as. */
  constructor(record: LogRecord, type: string, now: () => number) {
    super(record.headers, now);
    this.record = record;
    this.type = type;
  }

  /** In either spelling, as the record's own header may be in the other. Its key stands for a subject it does not tell. */
  override header(name: string): string | undefined {
    const told = this.headers[name] ?? otherSpelling(this.headers, name);
    return told ?? (canonical(name) === "ce_subject" ? this.record.key : undefined);
  }

  get cloudEvent(): CloudEvent {
    return eventOf(this.record, this.type);
  }
}

/** The attributes of a record that was read as a message of the type. */
const eventOf = ({ topic, partition, offset, headers }: LogRecord, type: string): CloudEvent =>
  cloudEventOf(headers, { id: `${topic}/${partition}/${offset}`, source: topic, type });

/** What a view's handler knows of the record. */
export const updateContextOf = (key: string, record: LogRecord, type: string): UpdateContext => ({
  key,
  header: (name) => record.headers[name] ?? otherSpelling(record.headers, name),
  get cloudEvent() {
    return eventOf(record, type);
  },
});

const canonical = (name: string): string => name.toLowerCase().replace(/^ce-/, "ce_");

const otherSpelling = (headers: TextHeaders, name: string): string | undefined => {
  const wanted = canonical(name);
  return Object.entries(headers).find(([each]) => canonical(each) === wanted)?.[1];
};

/** A call that a handler has asked for, and that its own caller does not wait for. */
export class DetachedContext extends OwnContext {
  readonly cloudEvent = undefined;

  constructor(parent: CallContext, headers: TextHeaders) {
    super({ ...traceOf(parent), ...headers }, () => parent.now());
  }
}

const traceHeaders = ["traceparent", "tracestate", "baggage"] as const;

/** What ties a call to the one it was made for. */
export const traceOf = (context: CallContext): TextHeaders =>
  Object.fromEntries(
    traceHeaders.flatMap((name) => {
      const value = context.header(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
