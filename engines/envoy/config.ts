import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../project-root.ts";
import { clustersOf, type EnvoyApplication, listenerOf } from "./application.ts";
import { type Replacement, replaceEach } from "./replace.ts";

/** A port, or those of several replicas; with none of them every call is a 503. */
export type ReplicaPorts = number | readonly number[];

/** On which local ports the services listen. */
export type ServicePorts = {
  readonly heartbeat: ReplicaPorts;
  readonly state: ReplicaPorts;
  readonly view: ReplicaPorts;
};

export type EnvoyConfigOptions = {
  /** The copies are written here; so are Envoy's log and pid. */
  readonly workDir: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The three services, or an application in their place. */
  readonly services: ServicePorts | EnvoyApplication;
  /** The descriptor set; `gen/descriptors.binpb` of the project when left out. */
  readonly descriptors?: string;
  /** The folder with envoy.yaml and clusters/; `envoy` of the project when left out. */
  readonly source?: string;
};

const socket = (address: string, port: number): string => `{ address: ${address}, port_value: ${port} }`;

// A JSON string is a YAML string, whatever characters the path has.
const path = (value: string): string => JSON.stringify(value);

const isApplication = (services: ServicePorts | EnvoyApplication): services is EnvoyApplication =>
  "streamed" in services;

/** Where others reach what is bound to `host`. */
export const reachable = (host: string): string => (host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host);

const endpoint = (address: string, port: number): string =>
  `- endpoint: { address: { socket_address: ${socket(address, port)} } }`;

/** One line for each replica in place of the one that the file has. */
const endpoints = (host: string, standing: number, ports: ReplicaPorts): Replacement => {
  const address = reachable(host);
  const lines = [ports].flat().map((port) => endpoint(address === "127.0.0.1" ? address : path(address), port));
  return [endpoint("127.0.0.1", standing), lines.length === 0 ? "[]" : lines.join(`\n${" ".repeat(12)}`)];
};

/**
 * Writes the local copy of clusters/local.yaml; only endpoints differ. It is moved into place, which is what a running
 * Envoy waits for: it takes the new endpoints within a moment.
 */
export const writeEnvoyClusters = async (
  options: Pick<EnvoyConfigOptions, "workDir" | "host" | "services" | "source">,
): Promise<string> => {
  const { workDir, host, services, source = join(projectRoot(), "envoy") } = options;
  const file = join(workDir, "clusters.yaml");
  const text = await readFile(join(source, "clusters", "local.yaml"), "utf8");
  await mkdir(workDir, { recursive: true });
  const next = `${file}.new`;
  await writeFile(
    next,
    isApplication(services)
      ? replaceEach("envoy/clusters/local.yaml", clustersOf(text), [endpoints(host, 50051, services.port)])
      : replaceEach("envoy/clusters/local.yaml", text, [
          endpoints(host, 50051, services.heartbeat),
          endpoints(host, 50052, services.state),
          endpoints(host, 50053, services.view),
        ]),
  );
  await rename(next, file);
  return file;
};

/**
 * Writes the local copies of envoy.yaml and clusters/local.yaml; only addresses, ports and file paths differ, and for
 * an application its services, routes and cluster.
 */
export const writeEnvoyConfig = async (
  options: EnvoyConfigOptions,
): Promise<{ listener: string; clusters: string }> => {
  const { workDir, host, port, services } = options;
  const source = options.source ?? join(projectRoot(), "envoy");
  const descriptors = options.descriptors ?? join(projectRoot(), "gen", "descriptors.binpb");
  const listener = join(workDir, "envoy.yaml");
  const text = await readFile(join(source, "envoy.yaml"), "utf8");
  const clusters = await writeEnvoyClusters(options);
  await writeFile(
    listener,
    replaceEach("envoy/envoy.yaml", isApplication(services) ? listenerOf(text, services) : text, [
      // Any free port: several Envoys may run here. Envoy writes the address to a file.
      [socket("127.0.0.1", 9901), socket("127.0.0.1", 0)],
      [socket("0.0.0.0", 8080), socket(path(host), port)],
      [path("/etc/envoy/clusters/kubernetes.yaml"), path(clusters)],
      [path("/etc/envoy/descriptors.binpb"), path(descriptors)],
    ]),
  );
  return { listener, clusters };
};
