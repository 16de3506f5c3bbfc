import { join } from "node:path";
import { projectRoot } from "../../engines/project-root.ts";

/**
 * What node is given to run a program of the project: the build that `make test` has made of it, as a deployment runs it,
 * else its source. A process starts from the build in a third of the time.
 */
export const programOf = (file: string): readonly string[] => {
  const { TEST_BUILD } = process.env;
  return TEST_BUILD === undefined
    ? ["--import", "tsx", join(projectRoot(), file)]
    : [join(TEST_BUILD, file.replace(/\.ts$/, ".js"))];
};
