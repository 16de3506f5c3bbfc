import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { projectRoot } from "../project-root.ts";
import { buildStubs } from "./build.ts";

const folder = join(projectRoot(), "stubs");
try {
  await buildStubs(folder);
  process.stdout.write(`Classic client stubs are in ${folder}.\n`);
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
