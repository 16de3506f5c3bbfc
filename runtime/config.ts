import { MeshError } from "./errors.ts";
import { serviceAddresses } from "./service-addresses.ts";

type Variable<T> = {
  readonly name: string;
  readonly meaning: string;
  readonly default: T;
  /** The value of a text, or what is wrong with it. */
  readonly read: (text: string) => T | { readonly problem: string };
};

const text = (name: string, defaultValue: string, meaning: string): Variable<string> => ({
  name,
  meaning,
  default: defaultValue,
  read: (value) => value,
});

const choice = <T extends string>(name: string, values: readonly [T, ...T[]], meaning: string): Variable<T> => ({
  name,
  meaning: `${meaning} (${values.join(", ")})`,
  default: values[0],
  read: (value) =>
    values.find((known) => known === value) ?? { problem: `is "${value}"; it is one of ${values.join(", ")}` },
});

const integer = (
  name: string,
  defaultValue: number,
  [low, high]: readonly [number, number],
  meaning: string,
): Variable<number> => ({
  name,
  meaning,
  default: defaultValue,
  read: (value) => {
    const number = Number(value);
    return Number.isInteger(number) && number >= low && number <= high && value.trim() !== ""
      ? number
      : { problem: `is "${value}"; it is a whole number from ${low} to ${high}` };
  },
});

const port = (name: string, defaultValue: number, meaning: string): Variable<number> =>
  integer(name, defaultValue, [0, 65_535], meaning);

/** Every variable of the environment that Rollcall reads. docs/configuration.md is generated from it. */
export const variables = {
  dataFolder: text("ROLLCALL_DATA", ".rollcall", "Folder of the embedded store, made when missing"),
  host: text("ROLLCALL_HOST", "127.0.0.1", "Address all ports are bound to; 0.0.0.0 for all of them"),
  restPort: port("ROLLCALL_REST_PORT", 8080, "Port of Envoy: REST, gRPC and gRPC-Web"),
  heartbeatPort: port("ROLLCALL_HEARTBEAT_PORT", 50_051, "gRPC port of heartbeat-svc"),
  statePort: port("ROLLCALL_STATE_PORT", 50_052, "gRPC port of state-svc"),
  viewPort: port("ROLLCALL_VIEW_PORT", 50_053, "gRPC port of view-svc"),
  port: port("ROLLCALL_PORT", 50_051, "gRPC port of any other application: of `rollcall run` with a service"),
  logLevel: choice("ROLLCALL_LOG_LEVEL", ["info", "debug", "warn", "error"], "What is written to standard error"),
  synchronous: choice(
    "ROLLCALL_SYNCHRONOUS",
    ["normal", "full"],
    "What a commit of the embedded store survives: normal the death of the process, full the loss of power too",
  ),
  kafka: text(
    "ROLLCALL_KAFKA",
    "",
    "Kafka's bootstrap addresses, comma-separated; with ROLLCALL_MONGODB a service runs on the mesh's engines",
  ),
  kafkaReplication: integer(
    "ROLLCALL_KAFKA_REPLICATION",
    1,
    [1, 9],
    "Replicas of the topics a service creates; 3 in production",
  ),
  mongodb: text("ROLLCALL_MONGODB", "", "MongoDB's connection string, of a replica set; with ROLLCALL_KAFKA"),
  mongodbDatabase: text("ROLLCALL_MONGODB_DATABASE", "rollcall", "Database of entities and views"),
  coalesceMs: integer(
    "ROLLCALL_COALESCE_MS",
    0,
    [0, 100],
    "How long writes to Kafka and MongoDB wait for company; 0 sends at once when nothing is under way",
  ),
  maxCalls: integer("ROLLCALL_MAX_CALLS", 10_000, [1, 1_000_000], "Calls a service has in flight at most"),
  maxRequestBytes: integer("ROLLCALL_MAX_REQUEST_BYTES", 1_048_576, [1024, 67_108_864], "Largest request message"),
  maxResponseBytes: integer(
    "ROLLCALL_MAX_RESPONSE_BYTES",
    16_777_216,
    [1024, 67_108_864],
    "Largest response message; a longer list is RESOURCE_EXHAUSTED",
  ),
  giveUpAfterMs: integer(
    "ROLLCALL_GIVE_UP_AFTER_MS",
    900_000,
    [0, 86_400_000],
    "How long a record is tried whose handler keeps throwing, before it is dead-lettered",
  ),
  leaseProfile: choice(
    "ROLLCALL_LEASE_PROFILE",
    ["default", "live", "iot", "short"],
    "How often devices beat, and how long a beat holds them online: 30/75 s, 10/25 s, 300/750 s, 1/2.5 s for tests; the same on all replicas of heartbeat-svc",
  ),
  leaveGraceMs: integer(
    "ROLLCALL_LEAVE_GRACE_MS",
    3000,
    [0, 60_000],
    "How long a user whose last device has said that it leaves is still shown online, in case one returns",
  ),
  forgetAfterDays: integer(
    "ROLLCALL_FORGET_AFTER_DAYS",
    30,
    [0, 36_500],
    "A device that has been offline for so long is forgotten everywhere, about a day later at most; 0 for never",
  ),
  services: {
    ...text(
      "ROLLCALL_SERVICES",
      "",
      "Services of other processes that handlers call: `<package>.<Service>=<host>:<port>`, comma-separated",
    ),
    read: (value: string) => {
      const addresses = serviceAddresses(value);
      return "problem" in addresses ? addresses : value;
    },
  },
  shutdownMs: integer("ROLLCALL_SHUTDOWN_MS", 10_000, [0, 600_000], "Deadline of an orderly stop"),
} as const;

type Read<V> = V extends Variable<infer T> ? T : never;
export type Config = { readonly [K in keyof typeof variables]: Read<(typeof variables)[K]> } & {
  /** Everything that is set, for the variables that protos name in the names of topics. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** The configuration of the environment. Throws INVALID_CONFIG with every problem at once. */
export const readConfig = (environment: Readonly<Record<string, string | undefined>> = process.env): Config => {
  const problems: string[] = [];
  const entries = Object.entries(variables).map(([key, variable]: [string, Variable<string | number>]) => {
    const value = environment[variable.name];
    if (value === undefined || value === "") return [key, variable.default];
    const read = variable.read(value);
    if (typeof read === "object") problems.push(`${variable.name} ${read.problem}`);
    return [key, read];
  });
  const known = new Set<string>(Object.values(variables).map((variable) => variable.name));
  for (const name of Object.keys(environment)) {
    if (name.startsWith("ROLLCALL_") && !known.has(name))
      problems.push(`${name} is no variable of Rollcall; see docs/configuration.md`);
  }
  if (((environment.ROLLCALL_KAFKA ?? "") === "") !== ((environment.ROLLCALL_MONGODB ?? "") === "")) {
    problems.push(
      "ROLLCALL_KAFKA and ROLLCALL_MONGODB go together: set both for the mesh, none for the embedded store",
    );
  }
  if (problems.length > 0) throw new MeshError("INVALID_CONFIG", problems.join("\n"));
  const read = Object.fromEntries(entries) as Omit<Config, "environment">;
  return Object.freeze({ ...read, environment: Object.freeze({ ...environment }) });
};

/** docs/configuration.md, as it should be. */
export const configurationPage = (): string =>
  [
    "# Configuration",
    "",
    "Every variable of the environment, generated from `runtime/config.ts`. A start with a wrong value, or with an",
    "unknown variable that begins with `ROLLCALL_`, prints all problems and ends. `ENVOY_BIN` names an Envoy of yours.",
    "Names of topics in protos may have variables of your own in them; see [annotations](annotations.md).",
    "",
    "| variable | default | meaning |",
    "| --- | --- | --- |",
    ...Object.values(variables).map(
      ({ name, default: value, meaning }) => `| \`${name}\` | \`${value}\` | ${meaning} |`,
    ),
    "",
  ].join("\n");
