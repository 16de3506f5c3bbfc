#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { registerCheck } from "./check.ts";
import { registerLoad } from "./load.ts";
import { registerRun } from "./run.ts";

const program = new Command("rollcall")
  .description("Runs services described by annotated protos.")
  .exitOverride()
  .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) });

registerCheck(program);
registerLoad(program);
registerRun(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
