import { mistake } from "../runtime/contract/codes.ts";
import type { Mistake } from "../runtime/contract/mistake.ts";
import type { Location } from "../runtime/contract/model.ts";
import { byPlace } from "../runtime/contract/report.ts";

type BufError = {
  readonly path: string;
  readonly start_line?: number;
  readonly start_column?: number;
  readonly message: string;
};

const parse = (line: string): BufError | undefined => {
  if (!line.startsWith("{")) return undefined;
  const value: unknown = JSON.parse(line);
  const isError = typeof value === "object" && value !== null && "path" in value && "message" in value;
  return isError ? (value as BufError) : undefined;
};

const isMissingImport = (message: string): boolean => message.startsWith("imported file does not exist");

const asMistake = ({ path: file, start_line: line = 1, start_column: column = 1, message }: BufError): Mistake =>
  isMissingImport(message)
    ? mistake(
        "IMPORT_MISSING",
        { file, line, column },
        `${message}.`,
        "Put the file into the folder under that path; the folder itself is where imports start.",
      )
    : mistake(
        "PROTO_INVALID",
        { file, line, column },
        `${message}.`,
        "Correct the proto file; annotations and queries are checked when it compiles.",
      );

/** A place of buf's errors, which count bytes, with its column counted in characters. */
const inCharacters = (location: Location, source: string | undefined): Location => {
  const line = source?.split("\n")[location.line - 1];
  if (line === undefined) return location;
  return {
    ...location,
    column:
      Buffer.from(line)
        .subarray(0, location.column - 1)
        .toString().length + 1,
  };
};

/** The errors of `buf build --error-format json` as mistakes; what is no error object is passed over. */
export const bufMistakes = (output: string, sources: ReadonlyMap<string, string>): readonly Mistake[] =>
  output
    .split("\n")
    .flatMap((line) => parse(line) ?? [])
    .map(asMistake)
    .map((each) => ({ ...each, location: inCharacters(each.location, sources.get(each.location.file)) }))
    .sort(byPlace);
