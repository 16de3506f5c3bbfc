import { join } from "node:path";
import { projectRoot } from "../../engines/project-root.ts";

/** What a source of the project compiles to in a build. */
export const compiledIn = (build: string, file: string): string => join(build, file.replace(/\.ts$/, ".js"));

/**
 * What node is given to run a program of the project: the build that `make test` has made of it, as a deployment runs it,
 * else its source. A process starts from the build in a third of the time.
 */
export const programOf = (file: string): readonly string[] => {
  const { TEST_BUILD } = process.env;
  return TEST_BUILD === undefined ? ["--import", "tsx", join(projectRoot(), file)] : [compiledIn(TEST_BUILD, file)];
};
