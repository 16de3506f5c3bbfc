import { Metadata } from "@grpc/grpc-js";
import type { TextHeaders } from "../component/effects.ts";
import { MeshError } from "../errors.ts";

const isBinary = (name: string): boolean => name.endsWith("-bin");

/** Headers as handlers know them: by name in lower case, repeated ones joined, bytes as base64. */
export const headersOf = (metadata: Metadata): TextHeaders => {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(metadata.getMap())) {
    headers[name] = metadata
      .get(name)
      .map((value) => (typeof value === "string" ? value : value.toString("base64")))
      .join(", ");
  }
  return headers;
};

/** Throws on a name or a value that no header can have. */
export const metadataOf = (headers: TextHeaders): Metadata => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, isBinary(name.toLowerCase()) ? Buffer.from(value, "base64") : value);
  }
  return metadata;
};

/** What a call says of itself, on its way from hop to hop; the next call says its own. */
const ofOneHop = /^(:.*|grpc-.*|content-type|content-length|te|user-agent|host|connection|transfer-encoding)$/;
const legalName = /^[0-9a-z_.-]+$/;
const legalValue = /^[\x20-\x7e]*$/;

const isPassedOn = ([name, value]: readonly [string, string]): boolean => {
  const lower = name.toLowerCase();
  return legalName.test(lower) && !ofOneHop.test(lower) && legalValue.test(value);
};

/** Throws HANDLER_FAILED where one of the headers, or trailers, of an answer is not to go out with it. */
export const requirePassedOn = (headers: TextHeaders = {}): void => {
  const refused = Object.entries(headers).find((header) => !isPassedOn(header));
  if (refused === undefined) return;
  const rules = "names are of a-z, 0-9, _, - and ., values of printable ASCII, and those of gRPC itself are its own";
  const text = `an answer cannot carry the header "${refused[0]}": ${rules}; bytes go under a name that ends in -bin`;
  throw new MeshError("HANDLER_FAILED", text);
};

/** The headers of a call or record that another call may carry on; what gRPC cannot carry is left behind. */
export const passedOn = (headers: TextHeaders): TextHeaders =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(isPassedOn)
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
