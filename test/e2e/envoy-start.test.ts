import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { type EnvoyOptions, type RunningEnvoy, startEnvoy } from "../../engines/envoy/start.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { useFolder } from "../support/envoy.ts";
import { http } from "../support/http.ts";
import { gone, isAlive, startFailureOf } from "../support/process-end.ts";
import { programOf } from "../support/program.ts";

describe("startEnvoy", () => {
  const folder = useFolder();
  let binary = "";
  const running: RunningEnvoy[] = [];
  const parents: ChildProcess[] = [];

  const start = async (options: Partial<EnvoyOptions> = {}): Promise<RunningEnvoy> => {
    const services = { heartbeat: 1, state: 1, view: 1 };
    const envoy = await startEnvoy({ binary, workDir: folder.path, host: "127.0.0.1", port: 0, services, ...options });
    running.push(envoy);
    return envoy;
  };

  const startInChild = async (workDir: string): Promise<{ parent: ChildProcess; pid: number; port: number }> => {
    const parent = spawn(process.execPath, [...programOf("test/support/envoy-parent.ts"), workDir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    parents.push(parent);
    const [line] = await once(parent.stdout.setEncoding("utf8"), "data");
    return { parent, ...JSON.parse(line) };
  };

  before(async function () {
    this.timeout(120_000);
    binary = await installEnvoy();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((envoy) => envoy.close()));
    for (const parent of parents.splice(0)) parent.kill("SIGKILL");
  });

  it("takes requests when it resolves, and none after close", async () => {
    const { port, pid, close } = await start();
    expect((await http({ port, path: "/nope" })).status).to.equal(404);
    await close();
    expect(isAlive(pid)).to.equal(false);
    await close();
  });

  it("names the port and the setting when the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const error = await startFailureOf(start({ port }));
      expect(error.code).to.equal("PORT_IN_USE");
      expect(error.message).to.contain(String(port)).and.to.contain("ROLLCALL_REST_PORT");
    } finally {
      other.close();
    }
  });

  it("does not share its port with another Envoy", async () => {
    const { port } = await start();
    expect((await startFailureOf(start({ port, workDir: join(folder.path, "second") }))).code).to.equal("PORT_IN_USE");
  });

  it("shows the end of the log when Envoy refuses to start", async () => {
    const error = await startFailureOf(start({ descriptors: join(folder.path, "none.binpb") }));
    expect(error.code).to.equal("START_FAILED");
    expect(error.message).to.contain("none.binpb");
  });

  it("refuses clusters that Envoy did not take", async () => {
    const source = join(folder.path, "source");
    await mkdir(source, { recursive: true });
    await cp(join(projectRoot(), "envoy"), source, { recursive: true });
    const file = join(source, "clusters", "local.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replaceAll("lb_policy", "lb_polici"));
    const error = await startFailureOf(start({ source }));
    expect(error.message).to.contain("state-svc").and.to.contain("lb_polici");
  });

  it("tells when Envoy ends by itself", async () => {
    const told = new Promise<string>((resolve) => {
      start({ log: resolve }).then(({ pid }) => process.kill(pid, "SIGKILL"), resolve);
    });
    expect(await told).to.match(/SIGKILL.*REST is off/);
  });

  it("ends Envoy when its own process is killed", async () => {
    const { parent, pid } = await startInChild(folder.path);
    expect(isAlive(pid)).to.equal(true);
    parent.kill("SIGKILL");
    await gone(pid);
  });

  it("ends an Envoy that was left behind in the same folder", async () => {
    const { pid } = await startInChild(folder.path);
    await start();
    await gone(pid);
  });

  it("leaves a process alone that only has the pid of an old Envoy", async () => {
    await writeFile(join(folder.path, "envoy.pid"), `${process.pid}\n`);
    await start();
  });
});
