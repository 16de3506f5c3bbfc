import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiledIn } from "../support/program.ts";
import { bin, run } from "./command.ts";

export const build = join(process.cwd(), ".tmp", "build");

/** What a source of the project compiles to. */
export const compiled = (file: string): string => compiledIn(build, file);

/**
 * All sources, compiled once: tests, and what they start as processes of their own, as in the image that is deployed. A
 * process loads in half the time, and what it runs has no names kept by helpers.
 */
export const buildAll = async (): Promise<number> => {
  rmSync(build, { recursive: true, force: true });
  const code = await run(bin("tsc"), ["-p", "test/tsconfig.build.json", "--outDir", build]);
  if (code !== 0) return code;
  cpSync("proto", join(build, "proto"), { recursive: true });
  for (const folder of ["gen", "examples/customer-registry/gen"]) {
    cpSync(join(folder, "descriptors.binpb"), join(build, folder, "descriptors.binpb"));
  }
  linkPackage();
  return 0;
};

/** Examples import the package `rollcall`, which is this project, by its name: for them it is the build. */
const linkPackage = (): void => {
  const folder = join(build, "node_modules", "rollcall");
  mkdirSync(folder, { recursive: true });
  const { name, exports } = JSON.parse(readFileSync("package.json", "utf8")) as { name: string; exports: object };
  const built = JSON.parse(JSON.stringify(exports).replaceAll('.ts"', '.js"'));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, type: "module", exports: built }));
  for (const each of ["runtime", "cli"]) symlinkSync(join(build, each), join(folder, each));
  // In the scope of the project itself the name would mean its sources.
  writeFileSync(join(build, "examples", "package.json"), JSON.stringify({ type: "module" }));
};
