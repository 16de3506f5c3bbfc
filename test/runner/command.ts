import { spawn } from "node:child_process";
import { join } from "node:path";

/** What passed and what failed; `names` are of what failed, where it has names. */
export type Counts = { passed: number; failed: number; names?: readonly string[] };

/** A program that a package brings. */
export const bin = (name: string): string => join("node_modules", ".bin", name);

/**
 * Runs a command with its output on ours; gives the exit code. One that runs beside others is `apart`: what it says is
 * told when it is over.
 */
export const run = async (
  command: string,
  args: readonly string[],
  { env = {}, apart = false }: { readonly env?: Readonly<Record<string, string>>; readonly apart?: boolean } = {},
): Promise<number> => {
  const child = spawn(command, args, { stdio: apart ? "pipe" : "inherit", env: { ...process.env, ...env } });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => said.push(part));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === null ? 0 : 1)));
  });
  process.stdout.write(Buffer.concat(said));
  return code;
};
