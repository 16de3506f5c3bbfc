import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../../engines/engine-error.ts";
import { variables } from "../../runtime/config.ts";
import type { MeshFolder, PartState } from "./folder.ts";
import { healthOf } from "./health.ts";
import { type EngineName, portKeys, type ServiceName } from "./parts.ts";
import { isAlive, type ProcessId } from "./process-id.ts";
import { type Spawned, spawnModule, wordsOf } from "./spawn.ts";

const servingWithinMs = 120_000;
const pollMs = 50;

const startFailure = async (part: string, spawned: Omit<Spawned, "id">): Promise<EngineError> =>
  new EngineError(
    "START_FAILED",
    `${part} ended while it was starting. What it said, of ${spawned.logFile}:\n${await wordsOf(spawned)}`,
  );

const stateOf = async (mesh: MeshFolder, part: EngineName): Promise<PartState | undefined> =>
  (await mesh.states()).find((state) => state.part === part);

/** Resolves when the keeper says that its engine is ready; it has a deadline of its own. */
export const whenKept = async (mesh: MeshFolder, part: EngineName, keeper: Spawned): Promise<PartState> => {
  for (;;) {
    const isRunning = await isAlive(keeper.id);
    const state = await stateOf(mesh, part);
    if (state !== undefined && state.keeper?.pid === keeper.id.pid && state.port > 0) return state;
    if (!isRunning) {
      await mesh.forget({ part, replica: 1 });
      throw await startFailure(part, keeper);
    }
    await delay(pollMs);
  }
};

export const keeperLogOf = (mesh: MeshFolder, part: EngineName): string =>
  mesh.logOf(part, 1).replace(/\.log$/, ".keeper.log");

/** Starts a keeper with its engine, and resolves when the engine is ready. */
export const startEngine = async (mesh: MeshFolder, part: EngineName): Promise<PartState> => {
  // What is known of one that died must not be taken for this one.
  await mesh.forget({ part, replica: 1 });
  return whenKept(mesh, part, await spawnModule("./keeper", [part], keeperLogOf(mesh, part), {}));
};

export type ServiceStart = {
  readonly part: ServiceName;
  readonly replica: number;
  readonly port: number;
  /** ROLLCALL_KAFKA and ROLLCALL_MONGODB. */
  readonly engines: Readonly<Record<string, string>>;
};

/** Starts one replica of a service; it may not be ready yet. */
export const spawnService = async (
  mesh: MeshFolder,
  { part, replica, port, engines }: ServiceStart,
): Promise<PartState & Spawned> => {
  const own = { ...engines, [variables[portKeys[part]].name]: String(port) };
  const spawned = await spawnModule(`../../${part}/main`, [], mesh.logOf(part, replica), own);
  const state: PartState = { part, replica, ...spawned.id, port };
  await mesh.save(state);
  return { ...state, ...spawned };
};

/** Resolves when the replica says SERVING: it has caught up, and its consumers read. */
export const whenServing = async (
  mesh: MeshFolder,
  state: PartState & { readonly logStart?: number },
  host: string,
): Promise<void> => {
  const { part, replica, logStart = 0 } = state;
  const id: ProcessId = state;
  for (const deadline = Date.now() + servingWithinMs; ; await delay(pollMs)) {
    if ((await healthOf(state, host)).isServing) return;
    const logFile = mesh.logOf(part, replica);
    if (!(await isAlive(id))) {
      await mesh.forget(state);
      throw await startFailure(`${part} ${replica}`, { logFile, logStart });
    }
    if (Date.now() >= deadline) {
      throw new EngineError(
        "START_FAILED",
        `${part} ${replica} is still NOT_SERVING after ${servingWithinMs / 1000} s; see ${logFile}.`,
      );
    }
  }
};
