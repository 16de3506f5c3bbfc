import type { Command } from "commander";
import { configOrExit } from "../runtime/run-service.ts";
import { exitCodeOf, say } from "./mesh/command.ts";
import { takeDown } from "./mesh/down.ts";
import { openMeshFolder } from "./mesh/folder.ts";
import { alone } from "./mesh/lock.ts";
import { partNames, readParts } from "./mesh/parts.ts";

/** Adds `rollcall down`. */
export const registerDown = (program: Command): void => {
  program
    .command("down")
    .description("end the mesh, or the parts named: Envoy, services, engines, each in order; data and logs stay")
    .argument("[part...]", "as with up; all replicas of a service")
    .action(async (names: readonly string[]) => {
      process.exitCode = await exitCodeOf(async () => {
        const named = readParts(names);
        const config = configOrExit();
        const mesh = await openMeshFolder(config.dataFolder);
        const wanted = new Set(named.length > 0 ? named : partNames);
        await alone(mesh, () => takeDown({ mesh, config, wanted, tell: say }));
        return 0;
      });
    });
};
