import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Test files of one process, and how far it gives way to others. */
export type Lane = { readonly files: readonly string[]; readonly niceness: number };

/** All tests, by what they need of the machine; lanes of one part run beside one another, the parts one after another. */
export type Lanes = {
  /** They mostly wait, for engines and for time to pass. */
  readonly waiting: readonly Lane[];
  /** The first promises something of time or of load; what is beside it only computes, and gives way. */
  readonly timed: readonly Lane[];
  /** Measures what an idle machine takes. */
  readonly idle: Lane;
};

const idle = ["test/e2e/mesh-delay.test.ts"];
const timed = [
  "test/chaos/short.test.ts",
  "test/e2e/load.test.ts",
  "test/integration/health.test.ts",
  "test/integration/mongodb.test.ts",
];

/** Every test there is; a folder that is new is not forgotten. */
const testFiles = (): readonly string[] =>
  readdirSync(".", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
    .flatMap(({ name }) => readdirSync(name, { recursive: true, encoding: "utf8" }).map((file) => join(name, file)))
    .filter((file) => file.endsWith(".test.ts"))
    .sort();

export const lanesOfTests = (): Lanes => {
  const files = testFiles().filter((file) => ![...timed, ...idle].includes(file));
  const isIn = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
  const integration = files.filter(isIn("test/integration"));
  const units = ["runtime", "cli", "sim", "heartbeat-svc", "state-svc", "view-svc"].flatMap((folder) =>
    files.filter(isIn(folder)),
  );
  const others = files.filter((file) => ![...integration, ...units].includes(file));
  const lane = (files: readonly string[], niceness = 0): Lane => ({ files, niceness });
  return {
    waiting: [
      lane(others),
      lane(integration.filter((_, i) => i % 2 === 0)),
      lane(integration.filter((_, i) => i % 2 === 1)),
    ],
    timed: [lane(timed), lane(units, 19)],
    idle: lane(idle),
  };
};
