import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../../engines/engine-error.ts";
import { reachable, type ServicePorts, writeEnvoyClusters } from "../../engines/envoy/config.ts";
import type { MeshFolder, PartState } from "./folder.ts";
import type { ServiceName } from "./parts.ts";
import { isAlive } from "./process-id.ts";

const takenWithinMs = 10_000;

export const envoyFolder = (mesh: MeshFolder): string => join(mesh.path, "envoy");

/** The ports of all services that live, but for those in `leaving`. */
export const livePorts = async (
  mesh: MeshFolder,
  leaving: readonly PartState[] = [],
): Promise<Record<keyof ServicePorts, readonly number[]>> => {
  const gone = new Set(leaving.map(({ pid }) => pid));
  const states = (await mesh.states()).filter(({ pid }) => !gone.has(pid));
  const alive = await Promise.all(states.map(isAlive));
  const portsOf = (part: ServiceName): readonly number[] =>
    states.filter((state, i) => state.part === part && alive[i]).map(({ port }) => port);
  return { heartbeat: portsOf("heartbeat-svc"), state: portsOf("state-svc"), view: portsOf("view-svc") };
};

/**
 * Tells Envoy, if it runs, of the services that live. It watches the file: nothing is started again. Resolves when
 * calls go to these, and to no others.
 */
export const rebalance = async (mesh: MeshFolder, host: string, leaving: readonly PartState[] = []): Promise<void> => {
  const envoy = (await mesh.states()).find(({ part }) => part === "envoy");
  if (envoy?.adminPort === undefined || !(await isAlive(envoy))) return;
  const services = await livePorts(mesh, leaving);
  await writeEnvoyClusters({ workDir: envoyFolder(mesh), host, services });
  await whenTaken(envoy.adminPort, reachable(host), services);
};

const whenTaken = async (
  adminPort: number,
  host: string,
  { heartbeat, state, view }: Awaited<ReturnType<typeof livePorts>>,
): Promise<void> => {
  const named = { "heartbeat-svc": heartbeat, "state-svc": state, "view-svc": view };
  const wanted = Object.entries(named).flatMap(([name, ports]) => ports.map((port) => `${name}::${host}:${port}`));
  for (const deadline = Date.now() + takenWithinMs; ; await delay(20)) {
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/clusters`)).text();
    const taken = new Set([...text.matchAll(/^([a-z]+-svc::.+:\d+)::/gm)].map(([, endpoint]) => endpoint));
    if (wanted.length === taken.size && wanted.every((endpoint) => taken.has(endpoint))) return;
    if (Date.now() >= deadline) {
      throw new EngineError(
        "START_FAILED",
        `Envoy has not taken its new clusters after ${takenWithinMs / 1000} s; rollcall logs envoy may say why.`,
      );
    }
  }
};
