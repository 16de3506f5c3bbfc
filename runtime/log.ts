import { type Logger, pino } from "pino";

/** JSON lines with a level, a text and fields such as `entity`, `key`, `topic` and `offset`. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error"> & { child(fields: object): Log };

/** A log on standard error, so that what commands print stays apart. */
export const createLog = (level: string): Log =>
  pino(
    { level, base: null, serializers: { error: pino.stdSerializers.err } },
    pino.destination({ dest: 2, sync: true }),
  );
