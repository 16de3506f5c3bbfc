import { stat } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { BadCall } from "./bad-call.ts";
import { generateCode } from "./generate-code.ts";
import { exitCodeOf, say } from "./mesh/command.ts";
import { mistakesText } from "./mistakes-text.ts";
import { readProtoFolder } from "./proto-folder.ts";
import { rewriteCode } from "./rewrite-code.ts";

/** A folder of a service may lie anywhere, and has the one copy of the wire format only through the package. */
const ownImports = /from "(@bufbuild\/protobuf\/wire|nice-grpc-common)"/g;

const rewriteImports = (folder: string): Promise<void> =>
  rewriteCode(folder, (code) => code.replaceAll(ownImports, 'from "rollcall/grpc"'));

/** Makes gen/ of a service's folder from its proto/; gives the exit code. */
export const generate = async (folder: string): Promise<number> => {
  const protos = path.join(folder, "proto");
  const found = await stat(protos).catch(() => undefined);
  const sources = found?.isDirectory() ? await readProtoFolder(protos) : new Map<string, string>();
  if (sources.size === 0) throw new BadCall(`"${protos}" holds no .proto file.`);
  const target = path.join(folder, "gen");
  const { mistakes } = await generateCode(sources, target);
  if (mistakes.length > 0) {
    const fileName = (file: string) => (sources.has(file) ? path.join(protos, file) : file);
    process.stdout.write(mistakesText(mistakes, { fileName, readSource: (file) => sources.get(file) }));
    return 1;
  }
  await rewriteImports(target);
  say(`made ${target} of ${sources.size === 1 ? "1 proto file" : `${sources.size} proto files`}`);
  return 0;
};

/** Adds `rollcall gen`. It exits with 0, 1 when the protos do not compile, 2 when there are none. */
export const registerGen = (program: Command): void => {
  program
    .command("gen")
    .description("generate gen/ of a service's folder from its proto/: code and descriptor set")
    .argument("[folder]", "with proto/", ".")
    .action(async (folder: string) => {
      process.exitCode = await exitCodeOf(() => generate(folder));
    });
};
