import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { projectRoot } from "../project-root.ts";

/** On which local ports the services listen. */
export type ServicePorts = { readonly heartbeat: number; readonly state: number; readonly view: number };

export type EnvoyConfigOptions = {
  /** The copies are written here; so are Envoy's log and pid. */
  readonly workDir: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly services: ServicePorts;
  /** The descriptor set; `gen/descriptors.binpb` of the project when left out. */
  readonly descriptors?: string;
  /** The folder with envoy.yaml and clusters/; `envoy` of the project when left out. */
  readonly source?: string;
};

type Replacement = readonly [from: string, to: string];

/** Replaces in one pass, so that what one puts in another never takes for its own. Each must occur exactly once. */
export const replaceEach = (name: string, text: string, replacements: readonly Replacement[]): string => {
  const found = replacements.map(([from, to]) => {
    const at = text.indexOf(from);
    if (at < 0 || text.indexOf(from, at + 1) >= 0) {
      const found = at < 0 ? "not there" : "there more than once";
      throw new EngineError("INVALID_FILE", `${name} must have ${from} exactly once, but it is ${found}.`);
    }
    return { at, end: at + from.length, to };
  });
  found.sort((a, b) => a.at - b.at);
  let result = "";
  let done = 0;
  for (const { at, end, to } of found) {
    result += text.slice(done, at) + to;
    done = end;
  }
  return result + text.slice(done);
};

const socket = (address: string, port: number): string => `{ address: ${address}, port_value: ${port} }`;

// A JSON string is a YAML string, whatever characters the path has.
const path = (value: string): string => JSON.stringify(value);

/** Writes the local copies of envoy.yaml and clusters/local.yaml; only addresses, ports and file paths differ. */
export const writeEnvoyConfig = async (
  options: EnvoyConfigOptions,
): Promise<{ listener: string; clusters: string }> => {
  const { workDir, host, port, services } = options;
  const source = options.source ?? join(projectRoot(), "envoy");
  const descriptors = options.descriptors ?? join(projectRoot(), "gen", "descriptors.binpb");
  const listener = join(workDir, "envoy.yaml");
  const clusters = join(workDir, "clusters.yaml");
  const [listenerText, clustersText] = await Promise.all([
    readFile(join(source, "envoy.yaml"), "utf8"),
    readFile(join(source, "clusters", "local.yaml"), "utf8"),
  ]);
  await mkdir(workDir, { recursive: true });
  await writeFile(
    clusters,
    replaceEach("envoy/clusters/local.yaml", clustersText, [
      [socket("127.0.0.1", 50051), socket("127.0.0.1", services.heartbeat)],
      [socket("127.0.0.1", 50052), socket("127.0.0.1", services.state)],
      [socket("127.0.0.1", 50053), socket("127.0.0.1", services.view)],
    ]),
  );
  await writeFile(
    listener,
    replaceEach("envoy/envoy.yaml", listenerText, [
      // Any free port: several Envoys may run here. Envoy writes the address to a file.
      [socket("127.0.0.1", 9901), socket("127.0.0.1", 0)],
      [socket("0.0.0.0", 8080), socket(path(host), port)],
      [path("/etc/envoy/clusters/kubernetes.yaml"), path(clusters)],
      [path("/etc/envoy/descriptors.binpb"), path(descriptors)],
    ]),
  );
  return { listener, clusters };
};
