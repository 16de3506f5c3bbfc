import type { Config } from "../../runtime/config.ts";
import { rebalance } from "./endpoints.ts";
import type { MeshFolder, PartState } from "./folder.ts";
import { isService, layers, type PartName } from "./parts.ts";
import { isAlive, signal, whenGone } from "./process-id.ts";

export type DownOptions = {
  readonly mesh: MeshFolder;
  readonly config: Config;
  readonly wanted: ReadonlySet<PartName>;
  readonly tell: (line: string) => void;
};

/** An engine's starter gives it five seconds itself; Kafka writes what it holds in that time. */
const engineGraceMs = 15_000;

/** Beyond the deadline a service sets itself, for its own end. */
const extraMs = 6000;

/** Ends parts in order, what others need last, and forgets them; each first politely. */
export const takeDown = async ({ mesh, config, wanted, tell }: DownOptions): Promise<void> => {
  for (const layer of layers.toReversed()) {
    const members: readonly PartName[] = layer;
    const leaving = (await mesh.states()).filter(({ part }) => wanted.has(part) && members.includes(part));
    // Envoy, if it stays, must not send anything to what is about to end.
    if (leaving.some(({ part }) => isService(part))) await rebalance(mesh, config.host, leaving);
    await Promise.all(
      leaving.map(async (state) => {
        tell(await end(state, config.shutdownMs + extraMs));
        await mesh.forget(state);
      }),
    );
  }
};

const end = async (state: PartState, serviceGraceMs: number): Promise<string> => {
  const { part, replica, pid, keeper } = state;
  const name = isService(part) ? `${part} ${replica}` : part;
  const processes = keeper === undefined ? [state] : [keeper, state];
  const alive = (await Promise.all(processes.map(isAlive))).indexOf(true);
  const first = processes[alive];
  if (first === undefined) return `${name} was dead already`;
  // A keeper ends its engine in order.
  await signal(first, "SIGTERM");
  const graceMs = keeper === undefined ? serviceGraceMs : engineGraceMs;
  if (await whenGone(processes, graceMs)) return `${name} has ended: pid ${pid}`;
  for (const each of processes) await signal(each, "SIGKILL");
  await whenGone(processes, graceMs);
  return `${name} was killed, for it did not end within ${graceMs / 1000} s: pid ${pid}`;
};
