import type { LogRecord } from "../ports.ts";
import { isDeletion, readEnvelope } from "./envelope.ts";
import { namedType, takersOf } from "./taker.ts";

export type IgnoreOptions = {
  /** Full names of the types that methods take. */
  readonly handled: readonly string[];
  /** Full names of the types that are dropped by name. */
  readonly ignored: readonly string[];
  /** Whether all other types are dropped, too. */
  readonly ignoresUnknown: boolean;
  readonly accepts: Readonly<Record<string, string>>;
};

/** Whether a consumer drops a record for its type. */
export const createIgnore = (options: IgnoreOptions): ((record: LogRecord) => boolean) => {
  const { ignoresUnknown } = options;
  const accepts = new Map(Object.entries(options.accepts));
  const handled = new Set(options.handled);
  const ignored = new Set(options.ignored);
  const sole = handled.size === 1 ? options.handled[0] : undefined;
  if (ignored.size === 0 && !ignoresUnknown) return () => false;
  return (record) => {
    if (isDeletion(record)) return false;
    const envelope = readEnvelope(record);
    // A message that does not say what it is is no message of another type.
    if (envelope.type === undefined && envelope.content.format === "protobuf") return false;
    const taker = takersOf(envelope, namedType(envelope.type, accepts) ?? sole).find(
      (name) => handled.has(name) || ignored.has(name),
    );
    return taker === undefined ? ignoresUnknown : ignored.has(taker);
  };
};
