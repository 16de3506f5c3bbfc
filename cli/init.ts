import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { projectRoot } from "../engines/project-root.ts";
import { BadCall } from "./bad-call.ts";
import { generate } from "./gen.ts";
import { serviceFiles } from "./init/service-files.ts";
import { exitCodeOf, say } from "./mesh/command.ts";

const init = async (name: string): Promise<number> => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new BadCall(
      `"${name}" cannot be a service's name; take lower-case words joined by hyphens, such as room-list.`,
    );
  }
  const there = await readdir(name).catch(() => []);
  if (there.length > 0) throw new BadCall(`there is a folder "${name}" already, and it is not empty.`);
  const rollcall = `file:${path.relative(path.resolve(name), projectRoot()).split(path.sep).join("/")}`;
  for (const [file, text] of Object.entries(serviceFiles({ name, rollcall }))) {
    const target = path.join(name, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  const code = await generate(name);
  if (code === 0) say(`\n${name} is there. Next:\n  cd ${name}\n  npm install\n  npm test\n  npm start`);
  return code;
};

/** Adds `rollcall init`. It exits with 0, or with 2 when the name cannot be one or its folder is in use. */
export const registerInit = (program: Command): void => {
  program
    .command("init")
    .description("write a new service with an entity, a view, REST routes and a test, to begin from")
    .argument("<name>", "of the service and of its folder, which is made here")
    .action(async (name: string) => {
      process.exitCode = await exitCodeOf(() => init(name));
    });
};
