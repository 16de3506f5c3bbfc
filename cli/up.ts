import type { Command } from "commander";
import { reachable } from "../engines/envoy/config.ts";
import type { Config } from "../runtime/config.ts";
import { configOrExit } from "../runtime/run-service.ts";
import { readCount } from "./load/options.ts";
import { exitCodeOf, say } from "./mesh/command.ts";
import { type MeshFolder, openMeshFolder } from "./mesh/folder.ts";
import { alone } from "./mesh/lock.ts";
import { type PartName, readParts, withNeeds } from "./mesh/parts.ts";
import { isAlive } from "./mesh/process-id.ts";
import { bringUp } from "./mesh/up.ts";
import { whatToTry } from "./what-to-try.ts";

/** The ports that a whole mesh is reached by; `undefined` while it is not whole. */
const tryText = async (mesh: MeshFolder, { host }: Config): Promise<string | undefined> => {
  const states = await mesh.states();
  const alive = await Promise.all(states.map(isAlive));
  const portOf = (name: PartName): number | undefined => states.find(({ part }, i) => part === name && alive[i])?.port;
  const [heartbeat, state, view] = [portOf("heartbeat-svc"), portOf("state-svc"), portOf("view-svc")];
  const restPort = portOf("envoy");
  if (heartbeat === undefined || state === undefined || view === undefined || restPort === undefined) return undefined;
  return whatToTry({ host: reachable(host), restPort, services: { heartbeat, state, view } });
};

/** Adds `rollcall up`. It exits with 0 when the parts serve, 1 when something is in the way, 2 for a bad call. */
export const registerUp = (program: Command): void => {
  program
    .command("up")
    .description("start what is missing of the mesh, each part in a process of its own in the background")
    .argument("[part...]", "kafka, mongodb, heartbeat-svc, state-svc, view-svc, envoy; all when none is named")
    .option("--replicas <n>", "how many of each service", readCount, 1)
    .action(async (names: readonly string[], { replicas }: { readonly replicas: number }) => {
      process.exitCode = await exitCodeOf(async () => {
        const named = readParts(names);
        const config = configOrExit();
        const mesh = await openMeshFolder(config.dataFolder);
        const wanted = withNeeds(named, config.kafka !== "");
        await alone(mesh, () => bringUp({ mesh, config, wanted, replicas, tell: say }));
        process.stdout.write((await tryText(mesh, config)) ?? `Up: ${[...wanted].join(", ")}.\n`);
        return 0;
      });
    });
};
