import type { Log } from "../log.ts";

export type RecordingLog = Log & {
  readonly lines: { readonly level: string; readonly text: string; readonly fields: object }[];
};

/** A log that keeps its lines, for a test to look at. */
export const recordingLog = (): RecordingLog => {
  const lines: RecordingLog["lines"] = [];
  const write =
    (level: string) =>
    (fields: object | string, text?: string): void => {
      lines.push(
        typeof fields === "string" ? { level, text: fields, fields: {} } : { level, text: text ?? "", fields },
      );
    };
  const log = {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  return log as RecordingLog;
};
