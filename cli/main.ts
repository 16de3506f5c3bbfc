#!/usr/bin/env node
import { Command, CommanderError } from "commander";

/** Each command is loaded when it is named: together they need every engine's driver, and a second to start. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  check: async () => (await import("./check.ts")).registerCheck,
  describe: async () => (await import("./describe.ts")).registerDescribe,
  explain: async () => (await import("./explain.ts")).registerExplain,
  gen: async () => (await import("./gen.ts")).registerGen,
  init: async () => (await import("./init.ts")).registerInit,
  load: async () => (await import("./load.ts")).registerLoad,
  run: async () => (await import("./run.ts")).registerRun,
  publish: async () => (await import("./publish.ts")).registerPublish,
  up: async () => (await import("./up.ts")).registerUp,
  down: async () => (await import("./down.ts")).registerDown,
  status: async () => (await import("./status.ts")).registerStatus,
  logs: async () => (await import("./logs.ts")).registerLogs,
};

const program = new Command("rollcall")
  .description("Runs services described by annotated protos.")
  .exitOverride()
  .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) });

const [, , named = ""] = process.argv;
const needed = Object.hasOwn(commands, named) ? [named] : Object.keys(commands);
for (const name of needed) (await commands[name]?.())?.(program);

// Who reads the output, such as `head`, may have seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
