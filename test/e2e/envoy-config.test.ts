import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { writeEnvoyClusters, writeEnvoyConfig } from "../../engines/envoy/config.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { replaceEach } from "../../engines/envoy/replace.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { useFolder } from "../support/envoy.ts";

const run = promisify(execFile);

const envoyFile = (...path: string[]): Promise<string> => readFile(join(projectRoot(), "envoy", ...path), "utf8");

/** The lines that differ, as `before -> after`; both files must have as many. */
const differences = (before: string, after: string): string[] => {
  const [old, now] = [before.split("\n"), after.split("\n")];
  expect(now).to.have.length(old.length);
  return old.flatMap((line, index) => (line === now[index] ? [] : [`${line.trim()} -> ${now[index]?.trim()}`]));
};

describe("Envoy's configuration", () => {
  const folder = useFolder();
  let binary = "";
  let local: { listener: string; clusters: string };

  before(async function () {
    this.timeout(120_000);
    binary = await installEnvoy();
  });
  beforeEach(async () => {
    local = await writeEnvoyConfig({
      workDir: folder.path,
      host: "127.0.0.1",
      port: 18080,
      // Each is another one's port in the file: nothing may be replaced twice.
      services: { heartbeat: 50053, state: 50051, view: 50052 },
    });
  });

  const validate = async (file: string): Promise<string> => {
    const { stdout, stderr } = await run(binary, ["--mode", "validate", "-c", file, "--log-level", "warn"]);
    return stdout + stderr;
  };

  /** Validation does not look into a file of clusters, so they become static ones. */
  const validateClusters = async (clusters: string): Promise<string> => {
    const file = join(folder.path, "static.yaml");
    const text = clusters
      .replace(/^resources:/m, "static_resources:\n  clusters:")
      .replace(/- "@type": .*\.Cluster\n {4}/g, "- ");
    await writeFile(file, text);
    return validate(file);
  };

  it("differs locally in addresses, ports and paths only", async () => {
    const socket = (address: string, port: number): string => `{ address: ${address}, port_value: ${port} }`;
    expect(differences(await envoyFile("envoy.yaml"), await readFile(local.listener, "utf8"))).to.deep.equal([
      `address: { socket_address: ${socket("127.0.0.1", 9901)} } -> address: { socket_address: ${socket("127.0.0.1", 0)} }`,
      `path_config_source: { path: "/etc/envoy/clusters/kubernetes.yaml" } -> path_config_source: { path: "${local.clusters}" }`,
      `address: { socket_address: ${socket("0.0.0.0", 8080)} } -> address: { socket_address: ${socket('"127.0.0.1"', 18080)} }`,
      `proto_descriptor: "/etc/envoy/descriptors.binpb" -> proto_descriptor: "${join(projectRoot(), "gen", "descriptors.binpb")}"`,
    ]);
  });

  it("gives each local cluster the port of its service", async () => {
    const endpoint = (port: number): string =>
      `- endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`;
    const text = await readFile(local.clusters, "utf8");
    expect(differences(await envoyFile("clusters", "local.yaml"), text)).to.deep.equal([
      `${endpoint(50051)} -> ${endpoint(50053)}`,
      `${endpoint(50052)} -> ${endpoint(50051)}`,
      `${endpoint(50053)} -> ${endpoint(50052)}`,
    ]);
  });

  it("gives a local cluster a line for each replica, and changes nothing else", async () => {
    const services = { heartbeat: [50051, 40001, 40002], state: 50052, view: [] };
    const file = await writeEnvoyClusters({ workDir: folder.path, host: "127.0.0.1", services });
    const line = (port: number): string =>
      `            - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }\n`;
    const before = await envoyFile("clusters", "local.yaml");
    const expected = before
      .replace(line(50051), line(50051) + line(40001) + line(40002))
      .replace(line(50053), "            []\n");
    expect(await readFile(file, "utf8"))
      .to.equal(expected)
      .and.not.to.equal(before);
    expect(await validateClusters(expected)).to.match(/^configuration '.*' OK\s*$/);
  });

  it("is valid for Envoy, without a deprecated setting", async () => {
    expect(await validate(local.listener)).to.match(/^configuration '.*' OK\s*$/);
  });

  for (const place of ["local", "kubernetes"]) {
    it(`has valid clusters for ${place}, without a deprecated setting`, async () => {
      expect(await validateClusters(await envoyFile("clusters", `${place}.yaml`))).to.match(
        /^configuration '.*' OK\s*$/,
      );
    });

    it(`routes to no other clusters than ${place} has`, async () => {
      const names = [...(await envoyFile("clusters", `${place}.yaml`)).matchAll(/^ {4}name: (\S+)$/gm)];
      const routed = [...(await envoyFile("envoy.yaml")).matchAll(/\bcluster: (\S+-svc)/g)];
      const set = (matches: RegExpMatchArray[]): unknown[] => [...new Set(matches.map((match) => match[1]))].sort();
      expect(set(routed)).to.deep.equal(set(names)).and.to.have.length(3);
    });
  }

  it("is not copied when what must be replaced is not there exactly once", () => {
    expect(() => replaceEach("a file", "port: 1", [["port: 2", "port: 3"]])).to.throw(/a file .* not there/);
    expect(() => replaceEach("a file", "port: 1, port: 1", [["port: 1", "port: 3"]])).to.throw(/more than once/);
  });
});
