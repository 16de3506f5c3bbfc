import type { Command } from "commander";
import { compileContract } from "../runtime/contract/compile.ts";
import { byPlace } from "../runtime/contract/report.ts";
import { checkViews } from "../runtime/view/check-views.ts";
import { BadCall } from "./bad-call.ts";
import { type Descriptors, loadDescriptors } from "./descriptors.ts";
import { mistakesText } from "./mistakes-text.ts";
import { summaryOf } from "./summary.ts";

/** Compiles what the descriptors say; the mistakes of contract and queries together, in order of place. */
export const mistakesIn = ({ bytes, locate }: Extract<Descriptors, { kind: "compiled" }>) => {
  const { model, mistakes } = compileContract(bytes);
  const all = [...mistakes, ...checkViews(model)].map((each) => ({ ...each, location: locate(each.location) }));
  return { model, mistakes: all.sort(byPlace) };
};

const check = async (path: string): Promise<number> => {
  const descriptors = await loadDescriptors(path);
  const { model, mistakes } =
    descriptors.kind === "compiled" ? mistakesIn(descriptors) : { model: undefined, mistakes: descriptors.mistakes };
  if (mistakes.length > 0 || model === undefined) {
    process.stdout.write(mistakesText(mistakes, descriptors));
    return 1;
  }
  process.stdout.write(`no mistakes: ${summaryOf(model)}\n`);
  return 0;
};

/** Adds `rollcall check`. It exits with 0 without mistakes, 1 with some, and 2 when there is nothing to check. */
export const registerCheck = (program: Command): void => {
  program
    .command("check")
    .description("Finds every mistake in annotated protos and in the queries in them.")
    .argument("<path>", "a folder of .proto files, which is its own include root, or a descriptor set file")
    .action(async (path: string) => {
      try {
        process.exitCode = await check(path);
      } catch (error) {
        if (!(error instanceof BadCall)) throw error;
        process.stderr.write(`error: ${error.message}\n`);
        process.exitCode = 2;
      }
    });
};
