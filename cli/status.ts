import type { Command } from "commander";
import { reachable } from "../engines/envoy/config.ts";
import { configOrExit } from "../runtime/run-service.ts";
import { openMeshFolder, type PartState } from "./mesh/folder.ts";
import { type Health, healthOf } from "./mesh/health.ts";
import { isAlive } from "./mesh/process-id.ts";

type Row = readonly string[];

const heads: Row = ["part", "replica", "pid", "port", "health"];

const rowsOf = ({ part, replica, pid, port }: PartState, health: Health | undefined): readonly Row[] => {
  const word = health === undefined ? "dead" : health.isServing ? "SERVING" : "NOT_SERVING";
  const consumers = [...(health?.consumers ?? [])].map(([group, status]) => [`  ${group}`, "", "", "", status]);
  return [[part, String(replica), String(pid), port === 0 ? "-" : String(port), word], ...consumers];
};

const table = (rows: readonly Row[]): string => {
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
};

/** Prints the parts that were started, with their consumers; gives 1 when one of them does not serve. */
const status = async (): Promise<number> => {
  const { dataFolder, host } = configOrExit();
  const states = await (await openMeshFolder(dataFolder)).states();
  if (states.length === 0) {
    process.stdout.write("Nothing of the mesh is up; rollcall up starts it.\n");
    return 0;
  }
  const healths = await Promise.all(
    states.map(async (state) => ((await isAlive(state)) ? healthOf(state, reachable(host)) : undefined)),
  );
  process.stdout.write(table([heads, ...states.flatMap((state, i) => rowsOf(state, healths[i]))]));
  return healths.every((health) => health?.isServing) ? 0 : 1;
};

/** Adds `rollcall status`. */
export const registerStatus = (program: Command): void => {
  program
    .command("status")
    .description("show the parts of the mesh with pid, port and health, and the consumers of each service")
    .action(async () => {
      process.exitCode = await status();
    });
};
