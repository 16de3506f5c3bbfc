import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { type RunningEnvoy, startEnvoy } from "../../engines/envoy/start.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { http } from "../support/http.ts";
import { useSharedEngines } from "../support/shared-engines.ts";
import { type BuiltImage, buildImage, filesBelow } from "./build-image.ts";
import { createIgnore, parseDockerfile } from "./dockerfile.ts";
import { type Container, named, useManifests } from "./manifests.ts";
import { passesProbe, type RunningContainer, startContainer } from "./run-image.ts";

const services = {
  "heartbeat-svc": "ROLLCALL_HEARTBEAT_PORT",
  "state-svc": "ROLLCALL_STATE_PORT",
  "view-svc": "ROLLCALL_VIEW_PORT",
} as const;
type Name = keyof typeof services;
const names = Object.keys(services) as readonly Name[];

describe("The production file set, as the Dockerfile makes it", function () {
  this.timeout(300_000);
  const manifests = useManifests();
  const engines = useSharedEngines();
  let folder = "";
  let image: BuiltImage;
  let files: readonly string[];
  const ports = new Map<Name, number>();
  const running = new Map<Name, RunningContainer>();
  let envoy: RunningEnvoy | undefined;

  const container = (name: Name): Container =>
    named(name, manifests.of("Deployment")).spec.template.spec.containers[0] as Container;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-image-"));
    const read = (name: string): Promise<string> => readFile(join(projectRoot(), name), "utf8");
    const isIgnored = createIgnore(await read(".dockerignore"));
    const stages = parseDockerfile(await read("Dockerfile"));
    await mkdir(join(folder, "image"));
    image = await buildImage({ stages, context: projectRoot(), isIgnored, folder: join(folder, "image") });
    files = await filesBelow(image.root);
    for (const name of names) {
      ports.set(name, await freePort());
      running.set(name, start(name));
    }
    envoy = await startEnvoy({
      workDir: join(folder, "envoy"),
      binary: await installEnvoy(),
      host: "127.0.0.1",
      port: 0,
      services: { heartbeat: portOf("heartbeat-svc"), state: portOf("state-svc"), view: portOf("view-svc") },
      descriptors: join(projectRoot(), "envoy", "descriptors.binpb"),
    });
  });
  after(async () => {
    await envoy?.close();
    await Promise.all([...running.values()].map((each) => each.kill()));
    await rm(folder, { recursive: true, force: true });
  });

  const portOf = (name: Name): number => ports.get(name) as number;

  /** Starts what the manifest starts, with its variables; only addresses differ. */
  const start = (name: Name): RunningContainer => {
    const { args = [], env = [], envFrom = [] } = container(name);
    const maps = envFrom.map(({ configMapRef }) => named(configMapRef.name, manifests.of("ConfigMap")).data);
    const own = Object.fromEntries(env.map((variable) => [variable.name, variable.value]));
    const here = {
      ROLLCALL_HOST: "127.0.0.1",
      ROLLCALL_KAFKA: engines().brokers.join(","),
      ROLLCALL_MONGODB: engines().mongodb,
      [services[name]]: String(portOf(name)),
    };
    return startContainer({ workDir: image.workDir, args, env: Object.assign({}, ...maps, own, here) });
  };

  for (const name of names) {
    it(`starts ${name} so that its probes pass`, async () => {
      const { startupProbe, readinessProbe, livenessProbe } = container(name);
      await eventually(async () => {
        const output = running.get(name)?.output();
        expect(await passesProbe(startupProbe, portOf(name)), output).to.equal(true);
        expect(await passesProbe(readinessProbe, portOf(name)), output).to.equal(true);
      }, 60_000);
      expect(await passesProbe(livenessProbe, portOf(name))).to.equal(true);
    });
  }

  it("takes a heartbeat and answers a query, through Envoy", async () => {
    const port = envoy?.port ?? 0;
    const path = "/users/ada/devices/phone/heartbeat";
    await eventually(async () => {
      const { text } = await http({ port, method: "PUT", path, body: { is_online: true } });
      expect(JSON.parse(text), text).to.include({ user_id: "ada", device_id: "phone", is_online: true });
    }, 30_000);
    await eventually(async () => {
      const { results } = (await http({ port, path: "/users" })).json() as { results: { user_id: string }[] };
      expect(results?.map(({ user_id }) => user_id)).to.deep.equal(["ada"]);
    }, 30_000);
  });

  for (const name of names) {
    it(`stops ${name} in order`, async () => {
      expect(await running.get(name)?.stop(), running.get(name)?.output()).to.equal(0);
    });
  }

  it("is not changed by what runs in it", async () => {
    expect(await filesBelow(image.root)).to.deep.equal(files);
  });

  it("has no tests, no sources and no packages of development", () => {
    const own = files.filter((path) => !path.includes("node_modules"));
    expect(own.filter((path) => path.endsWith(".ts") || path.includes(".test."))).to.deep.equal([]);
    const packages = new Set(files.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]));
    for (const name of ["typescript", "mocha", "tsx", "@biomejs/biome"]) expect(packages).to.not.include(name);
  });
});
