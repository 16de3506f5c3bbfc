import { reachable } from "../../engines/envoy/config.ts";
import { freePorts, isTaken } from "../../engines/kafka/probe.ts";
import { type Config, variables } from "../../runtime/config.ts";
import { rebalance } from "./endpoints.ts";
import type { MeshFolder, PartState } from "./folder.ts";
import { isService, layers, type PartName, portKeys, type ServiceName } from "./parts.ts";
import { checkPort, install } from "./preflight.ts";
import { isAlive } from "./process-id.ts";
import { keeperLogOf, spawnService, startEngine, whenKept, whenServing } from "./start-part.ts";

export type UpOptions = {
  readonly mesh: MeshFolder;
  readonly config: Config;
  readonly wanted: ReadonlySet<PartName>;
  /** Of each service at least; those that were there before are started again in any case. */
  readonly replicas: number;
  readonly tell: (line: string) => void;
};

type Known = { readonly living: readonly PartState[]; readonly dead: readonly PartState[] };
type Missing = { readonly part: ServiceName; readonly replica: number; readonly port: number };

const lookAround = async (mesh: MeshFolder): Promise<Known> => {
  const states = await mesh.states();
  const alive = await Promise.all(states.map(isAlive));
  return { living: states.filter((_, i) => alive[i]), dead: states.filter((_, i) => !alive[i]) };
};

/** Starts what is missing of the parts, each when what it needs is ready, and resolves when all of them serve. */
export const bringUp = async (options: UpOptions): Promise<void> => {
  const { mesh, config, wanted } = options;
  const known = await lookAround(mesh);
  const missing = await missingReplicas(options, known);
  const isMissing = (part: PartName): boolean => wanted.has(part) && !known.living.some((state) => state.part === part);

  for (const { part, replica, port } of missing) {
    if (replica === 1) await checkPort(port, variables[portKeys[part]].name);
  }
  if (isMissing("envoy")) await checkPort(config.restPort, variables.restPort.name);
  for (const part of ["kafka", "mongodb", "envoy"] as const) if (isMissing(part)) await install(part);

  await allOf(layers[0].filter((part) => wanted.has(part)).map((part) => engine(options, known, part)));
  const living = known.living.filter(({ part }) => wanted.has(part) && isService(part));
  try {
    await allOf([
      ...missing.map((each) => service(options, each)),
      ...living.map((state) => whenServing(mesh, state, reachable(config.host))),
    ]);
  } finally {
    // What has come up is called, whatever has not.
    await rebalance(mesh, config.host);
  }
  if (wanted.has("envoy")) await engine(options, known, "envoy");
};

/** All are given their time, also when one fails: what has come up stays up. */
const allOf = async (works: readonly Promise<void>[]): Promise<void> => {
  for (const result of await Promise.allSettled(works)) if (result.status === "rejected") throw result.reason;
};

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const engine = async (
  { mesh, tell }: UpOptions,
  { living }: Known,
  part: "kafka" | "mongodb" | "envoy",
): Promise<void> => {
  const begin = performance.now();
  const present = living.find((state) => state.part === part);
  if (present === undefined) {
    const { pid, port } = await startEngine(mesh, part);
    tell(`${part} is up: pid ${pid}, port ${port}, after ${seconds(begin)}`);
  } else if (present.port === 0) {
    // An `up` that was cut short has begun it.
    await whenKept(mesh, part, { id: present.keeper ?? present, logFile: keeperLogOf(mesh, part), logStart: 0 });
  }
};

const service = async ({ mesh, config, tell }: UpOptions, { part, replica, port }: Missing): Promise<void> => {
  const begin = performance.now();
  const state = await spawnService(mesh, { part, replica, port, engines: await engineAddresses(mesh, config) });
  await whenServing(mesh, state, reachable(config.host));
  tell(`${part} ${replica} is up: pid ${state.pid}, port ${port}, after ${seconds(begin)}`);
};

/** The engines of the environment, else our own. */
const engineAddresses = async (mesh: MeshFolder, config: Config): Promise<Readonly<Record<string, string>>> => {
  if (config.kafka !== "") return {};
  const states = await mesh.states();
  const addressOf = (part: PartName): string => states.find((state) => state.part === part)?.address ?? "";
  return { [variables.kafka.name]: addressOf("kafka"), [variables.mongodb.name]: addressOf("mongodb") };
};

/** The first replica has the configured port; further ones keep theirs as long as nobody else has taken it. */
const missingReplicas = async (
  { config, wanted, replicas }: UpOptions,
  { living, dead }: Known,
): Promise<readonly Missing[]> => {
  const missing: Missing[] = [];
  for (const part of layers[1].filter((name) => wanted.has(name))) {
    const known = [...living, ...dead].filter((state) => state.part === part);
    const present = new Set(known.filter((state) => living.includes(state)).map(({ replica }) => replica));
    const count = Math.max(replicas, ...known.map(({ replica }) => replica));
    for (let replica = 1; replica <= count; replica++) {
      if (present.has(replica)) continue;
      const before = known.find((state) => state.replica === replica)?.port ?? 0;
      const kept = before !== 0 && !(await isTaken(before)) ? before : 0;
      missing.push({ part, replica, port: (replica === 1 && config[portKeys[part]]) || kept });
    }
  }
  const free = await freePorts(missing.length);
  return missing.map((each, i) => (each.port === 0 ? { ...each, port: free[i] ?? 0 } : each));
};
