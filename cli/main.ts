#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { registerCheck } from "./check.ts";
import { registerDescribe } from "./describe.ts";
import { registerDown } from "./down.ts";
import { registerExplain } from "./explain.ts";
import { registerGen } from "./gen.ts";
import { registerInit } from "./init.ts";
import { registerLoad } from "./load.ts";
import { registerLogs } from "./logs.ts";
import { registerPublish } from "./publish.ts";
import { registerRun } from "./run.ts";
import { registerStatus } from "./status.ts";
import { registerUp } from "./up.ts";

const program = new Command("rollcall")
  .description("Runs services described by annotated protos.")
  .exitOverride()
  .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) });

registerCheck(program);
registerDescribe(program);
registerExplain(program);
registerGen(program);
registerInit(program);
registerLoad(program);
registerRun(program);
registerPublish(program);
registerUp(program);
registerDown(program);
registerStatus(program);
registerLogs(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
