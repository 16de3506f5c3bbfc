import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { projectRoot } from "../engines/project-root.ts";
import { describeModel } from "../runtime/contract/describe.ts";
import { mistakesIn } from "./check.ts";
import { describeTables } from "./describe-tables.ts";
import { descriptionText } from "./describe-text.ts";
import { loadDescriptors } from "./descriptors.ts";
import { exitCodeOf } from "./mesh/command.ts";
import { mistakesText } from "./mistakes-text.ts";

type Flags = { readonly json: boolean };

/** The protos of a service's folder, or what is named itself. */
const protosOf = async (where: string): Promise<string> => {
  const inside = join(where, "proto");
  return (await stat(inside).catch(() => undefined))?.isDirectory() ? inside : where;
};

const describe = async (where: string, { json }: Flags): Promise<number> => {
  const descriptors = await loadDescriptors(await protosOf(where));
  const { model, mistakes } =
    descriptors.kind === "compiled" ? mistakesIn(descriptors) : { model: undefined, mistakes: descriptors.mistakes };
  if (mistakes.length > 0 || model === undefined) {
    process.stdout.write(mistakesText(mistakes, descriptors));
    return 1;
  }
  const description = describeModel(model);
  const tables = describeTables(model);
  const text = json
    ? `${JSON.stringify({ ...description, tables }, undefined, 2)}\n`
    : descriptionText(description, tables);
  process.stdout.write(text);
  return 0;
};

/** Adds `rollcall describe`. It exits with 0, 1 when the protos have mistakes, 2 when there is nothing to describe. */
export const registerDescribe = (program: Command): void => {
  program
    .command("describe")
    .description("print what protos declare: entities, actions, views with tables and indexes, topics, REST routes")
    .argument("[path]", "a service's folder, a folder of .proto files, or a descriptor set file", projectRoot())
    .option("--json", "as JSON", false)
    .action(async (where: string, flags: Flags) => {
      process.exitCode = await exitCodeOf(() => describe(where, flags));
    });
};
