import { EngineError } from "../engine-error.ts";
import { type Replacement, replaceEach } from "./replace.ts";

/** A method with a stream of replies: the call has no end of its own, so what is bounded is its silence. */
export type StreamedMethod = {
  /** As gRPC has it: `/package.Service/Method`. */
  readonly path: string;
  readonly silenceSeconds: number;
};

/** What Envoy has to know of an application that is none of the three services. */
export type EnvoyApplication = {
  readonly port: number;
  /** The services that can be called, by full name. */
  readonly services: readonly string[];
  readonly streamed: readonly StreamedMethod[];
};

/** The lines of a block: the one that ends with `key:`, which must be there once, and all that stand deeper. */
const blockOf = (text: string, key: string): string => {
  const [found, another] = [...text.matchAll(new RegExp(`^( *)${key}:\\n(?:\\1 +\\S.*\\n?)*`, "gm"))];
  if (found === undefined || another !== undefined) {
    const often = found === undefined ? "not there" : "there more than once";
    throw new EngineError(
      "INVALID_FILE",
      `envoy/envoy.yaml must have a block "${key}:" exactly once, but it is ${often}.`,
    );
  }
  return found[0];
};

const blockWith = (text: string, key: string, entries: readonly string[]): Replacement => {
  const block = blockOf(text, key);
  const indent = block.slice(0, block.indexOf(key));
  const lines = entries.map((entry) => `${indent}  - ${entry}\n`);
  return [block, lines.length === 0 ? `${indent}${key}: []\n` : `${indent}${key}:\n${lines.join("")}`];
};

const unbuffered =
  'typed_per_filter_config: { envoy.filters.http.buffer: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute, disabled: true } }';

// Whatever the application's own name is, this one needs no quotes.
const cluster = "application";

const routeTo = (match: string, limits: string): string =>
  `{ match: { ${match} }, ${unbuffered}, route: { cluster: ${cluster}, ${limits}, max_stream_duration: { grpc_timeout_header_max: 0s } } }`;

const routes = ({ streamed }: EnvoyApplication): readonly string[] => [
  ...streamed.map(({ path, silenceSeconds }) =>
    routeTo(`path: ${JSON.stringify(path)}`, `timeout: 0s, idle_timeout: ${silenceSeconds}s`),
  ),
  routeTo('prefix: "/grpc."', "timeout: 0s, idle_timeout: 3600s"),
  routeTo('prefix: "/"', "timeout: 30s"),
];

/** envoy/envoy.yaml for an application: the same listener and filters, with its services and routes. */
export const listenerOf = (text: string, application: EnvoyApplication): string => {
  const file = "envoy/envoy.yaml";
  const own = replaceEach(file, text, [
    blockWith(text, "services", application.services),
    blockWith(text, "routes", routes(application)),
  ]);
  // Nobody knows whether its methods are idempotent: only what has not reached it is sent again.
  return replaceEach(file, own, [
    ["retry_on: connect-failure,refused-stream,unavailable", "retry_on: connect-failure,refused-stream"],
  ]);
};

/** envoy/clusters/local.yaml for an application: its one cluster, with the settings of the first of the three. */
export const clustersOf = (text: string): string => {
  const [first = ""] = text.split("\n\n");
  return `${replaceEach("envoy/clusters/local.yaml", first, [
    ["    name: heartbeat-svc", `    name: ${cluster}`],
    ["cluster_name: heartbeat-svc", `cluster_name: ${cluster}`],
    ["RING_HASH", "LEAST_REQUEST"],
  ])}\n`;
};
