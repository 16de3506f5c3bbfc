import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

const googleApi = ["google/api/annotations.proto", "google/api/http.proto"];

/** Relative to this file in sources and in dist/ alike. */
const ours = new URL("../proto/akkaserverless/annotations.proto", import.meta.url);

/** The schema of annotations, by import path; the successor's differs from it in nothing but the package. */
const annotations = (): readonly (readonly [string, string])[] => {
  const text = readFileSync(ours, "utf8");
  return [
    ["akkaserverless/annotations.proto", text],
    ["kalix/annotations.proto", text.replace("\npackage akkaserverless;\n", "\npackage kalix;\n")],
  ];
};

/** Only what is imported: extensions of two packages with the same numbers cannot be in one set. */
const isImported = (name: string, sources: ReadonlyMap<string, string>): boolean =>
  [...sources.values()].some((text) => text.includes(`"${name}"`) || text.includes(`'${name}'`));

/** As the package has it, and `response_body`, which it leaves out. */
const readGoogleApi = (name: string): readonly [string, string] => {
  const text = readFileSync(require.resolve(`protobufjs/${name}`), "utf8");
  return [name, text.replace("string body = 7;", "string body = 7; string response_body = 12;")];
};

/** A body of any content type, which the transcoder passes through as it is. */
const httpBody = `syntax = "proto3";

package google.api;

import "google/protobuf/any.proto";

message HttpBody {
  string content_type = 1;
  bytes data = 2;
  repeated google.protobuf.Any extensions = 3;
}
`;

/** Proto texts by import path, with those that they may import without holding them. */
export const withProvided = (sources: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([
    ...googleApi.map(readGoogleApi),
    ...[["google/api/httpbody.proto", httpBody] as const, ...annotations()].filter(([name]) =>
      isImported(name, sources),
    ),
    ...sources,
  ]);
