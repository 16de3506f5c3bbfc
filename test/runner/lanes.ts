import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Test files, in groups that share a process; how many processes run at a time, and how far they give way to others. */
export type Lane = {
  readonly groups: readonly (readonly string[])[];
  readonly processes: number;
  readonly niceness: number;
};

/** All tests, by what they need of the machine; lanes of one part run beside one another, the parts one after another. */
export type Lanes = {
  /** They mostly wait, for engines and for time to pass. */
  readonly waiting: Lane;
  /** The first promises something of time or of load; what is beside it only computes, and gives way. */
  readonly timed: readonly Lane[];
  /** Measures what an idle machine takes. */
  readonly idle: Lane;
};

const idle = ["test/e2e/mesh-delay.test.ts"];
/** Two groups that leave room for each other: the second, leases of a second, is over before the first comes to its load. */
const timed = [
  [
    "test/integration/health.test.ts",
    "test/integration/mongodb.test.ts",
    "test/chaos/short.test.ts",
    "test/e2e/load.test.ts",
  ],
  ["test/integration/leases.test.ts"],
];

/** Those that take longest, the longest first: begun before the others, so that none of them is what all wait for. */
const longest = [
  "examples/customer-registry/customer-registry.test.ts",
  "test/integration/kafka-failover.test.ts",
  "test/e2e/mesh.test.ts",
  "test/deploy/production.test.ts",
  "test/integration/actions.test.ts",
  "test/integration/kafka-engine.test.ts",
  "test/integration/register.test.ts",
  "test/e2e/publish.test.ts",
  "test/integration/replicated-entities.test.ts",
  "test/integration/units-of-work.test.ts",
  "test/e2e/explain.test.ts",
  "test/integration/bulk-heartbeats.test.ts",
  "test/integration/leases-mesh.test.ts",
  "runtime/adapters/mongodb/view-follow.test.ts",
  "test/integration/kafka-broker-restart.test.ts",
  "test/integration/view-life.test.ts",
];

const computing = ["runtime", "sim", "heartbeat-svc", "state-svc", "view-svc"];
/** Of them, those that wait for an engine. */
const ofEngines = ["runtime/adapters/kafka", "runtime/adapters/mongodb"];
/** Random conditions on a real MongoDB: as much to compute as to wait for. */
const agreement = "runtime/adapters/mongodb/view-store.test.ts";

/** Enough to share what a process costs, and few enough that none of them is what all wait for at the end. */
const filesInGroup = 8;

const grouped = (files: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(files.length / filesInGroup) }, (_, n) =>
    files.slice(n * filesInGroup, (n + 1) * filesInGroup),
  );

/** Every test there is; a folder that is new is not forgotten. */
const testFiles = (): readonly string[] =>
  readdirSync(".", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
    .flatMap(({ name }) => readdirSync(name, { recursive: true, encoding: "utf8" }).map((file) => join(name, file)))
    .filter((file) => file.endsWith(".test.ts"))
    .sort();

export const lanesOfTests = (): Lanes => {
  const files = testFiles().filter((file) => ![...timed.flat(), ...idle].includes(file));
  const isIn = (folders: readonly string[], file: string) => folders.some((each) => file.startsWith(`${each}/`));
  const computes = (file: string) => file === agreement || (isIn(computing, file) && !isIn(ofEngines, file));
  const waiting = files.filter((file) => !computes(file));
  return {
    waiting: {
      groups: [...longest.map((file) => [file]), ...grouped(waiting.filter((file) => !longest.includes(file)))],
      processes: 3,
      niceness: 0,
    },
    timed: [
      { groups: timed, processes: timed.length, niceness: 0 },
      { groups: [files.filter(computes)], processes: 1, niceness: 19 },
    ],
    idle: { groups: [idle], processes: 1, niceness: 0 },
  };
};
