import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bin, run } from "./command.ts";

export const build = join(process.cwd(), ".tmp", "build");

/** What tests start as processes of their own, compiled once, as in the image that is deployed. */
export const buildPrograms = async (): Promise<number> => {
  rmSync(build, { recursive: true, force: true });
  const code = await run(bin("tsc"), ["-p", "test/tsconfig.build.json", "--outDir", build]);
  if (code !== 0) return code;
  cpSync(join("gen", "descriptors.binpb"), join(build, "gen", "descriptors.binpb"));
  cpSync("proto", join(build, "proto"), { recursive: true });
  return 0;
};
