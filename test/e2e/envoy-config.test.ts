import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { replaceEach, writeEnvoyConfig } from "../../engines/envoy/config.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
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

  it("is valid for Envoy, without a deprecated setting", async () => {
    expect(await validate(local.listener)).to.match(/^configuration '.*' OK\s*$/);
  });

  for (const place of ["local", "kubernetes"]) {
    it(`has valid clusters for ${place}, without a deprecated setting`, async () => {
      const file = join(folder.path, `${place}.yaml`);
      // Validation does not look into a file of clusters, so they become static ones.
      const text = (await envoyFile("clusters", `${place}.yaml`))
        .replace(/^resources:/m, "static_resources:\n  clusters:")
        .replace(/- "@type": .*\.Cluster\n {4}/g, "- ");
      await writeFile(file, text);
      expect(await validate(file)).to.match(/^configuration '.*' OK\s*$/);
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
