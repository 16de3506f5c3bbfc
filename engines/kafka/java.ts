import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";

const run = promisify(execFile);
const oldest = 17;
const remedy = `Install Java ${oldest} or newer, or set JAVA_HOME to one.`;

/** The Java program of JAVA_HOME, else of the path. Throws MISSING_TOOL when there is none, or an older one. */
export const findJava = async (home: string | undefined = process.env.JAVA_HOME): Promise<string> => {
  const java = home ? join(home, "bin", "java") : "java";
  const { stderr } = await run(java, ["-version"]).catch((cause: unknown) => {
    throw new EngineError("MISSING_TOOL", `${java} could not be run, and Kafka needs Java. ${remedy}`, { cause });
  });
  // "17.0.15", "21", and of old "1.8.0_302".
  const version = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1];
  if (version === undefined || Number(version) < oldest) {
    throw new EngineError("MISSING_TOOL", `${java} is Java ${version ?? "of unknown version"}. ${remedy}`);
  }
  return java;
};
