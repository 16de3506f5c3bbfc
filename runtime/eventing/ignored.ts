import type { LogRecord } from "../ports.ts";
import { readEnvelope } from "./envelope.ts";

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
  const { accepts, ignoresUnknown } = options;
  const handled = new Set(options.handled);
  const ignored = new Set(options.ignored);
  if (ignored.size === 0 && !ignoresUnknown) return () => false;
  return (record) => {
    const { type } = readEnvelope(record);
    if (record.value === null || type === undefined) return false;
    const name = accepts[type] ?? type;
    return ignored.has(name) || (ignoresUnknown && !handled.has(name));
  };
};
