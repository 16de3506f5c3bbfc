import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { type RunningEnvoy, startEnvoy } from "../../engines/envoy/start.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { Status } from "../../runtime/status.ts";
import { useFolder } from "../support/envoy.ts";
import { startUpstream, type Upstream, UpstreamStatus } from "../support/envoy-upstream.ts";
import { http } from "../support/http.ts";

describe("Envoy before two replicas of heartbeat-svc", () => {
  const folder = useFolder();
  let envoy: RunningEnvoy;
  let replicas: readonly [Upstream, Upstream];

  before(async function () {
    this.timeout(120_000);
    replicas = await Promise.all([startUpstream(), startUpstream()]);
    const source = join(folder.path, "source");
    await cp(join(projectRoot(), "envoy"), source, { recursive: true });
    const file = join(source, "clusters", "local.yaml");
    const endpoint = /^.*- endpoint: .* 50051 .*\n/m;
    const second = (line: string): string => line + line.replace("50051", String(replicas[1].port));
    await writeFile(file, (await readFile(file, "utf8")).replace(endpoint, second));
    const services = { heartbeat: replicas[0].port, state: 1, view: 1 };
    const binary = await installEnvoy();
    envoy = await startEnvoy({ binary, workDir: folder.path, host: "127.0.0.1", port: 0, services, source });
  });
  beforeEach(() => {
    for (const replica of replicas) {
      replica.received.length = 0;
      replica.answerWith(undefined);
    }
  });
  after(async () => {
    await envoy?.close();
    for (const replica of replicas ?? []) replica.close();
  });

  const beat = async (device: string, key?: string): Promise<number> => {
    const headers = key === undefined ? {} : { "x-rollcall-key": key };
    const path = `/users/u/devices/${device}/heartbeat`;
    return (await http({ port: envoy.port, method: "PUT", path, headers, body: {} })).status;
  };
  const counts = (): number[] => replicas.map(({ received }) => received.length);

  it("takes the heartbeats of a device to one replica, and devices to all", async () => {
    for (let round = 0; round < 10; round += 1) await beat("d");
    expect(counts()).to.have.members([10, 0]);
    for (let device = 0; device < 50; device += 1) await beat(`d${device}`);
    expect(Math.min(...counts())).to.be.greaterThan(5);
  });

  it("goes by the key header before the path", async () => {
    for (let device = 0; device < 20; device += 1) await beat(`d${device}`, "k");
    expect(counts()).to.have.members([20, 0]);
  });

  it("takes batches to all replicas, or by the key header to one", async () => {
    const batch = (headers = {}): Promise<unknown> =>
      http({ port: envoy.port, method: "POST", path: "/heartbeats:batch", headers, body: { heartbeats: [{}] } });
    for (let n = 0; n < 40; n += 1) await batch();
    expect(Math.min(...counts())).to.be.greaterThan(5);
    for (const replica of replicas) replica.received.length = 0;
    for (let n = 0; n < 10; n += 1) await batch({ "x-rollcall-key": "gateway-1" });
    expect(counts()).to.have.members([10, 0]);
  });

  it("asks the other replica when one is UNAVAILABLE", async () => {
    replicas[0].answerWith(() => {
      throw new UpstreamStatus(Status.UNAVAILABLE, "fenced");
    });
    // Many: a key whose neighbours on the ring are all the same replica is rare.
    for (let device = 0; device < 200; device += 1) expect(await beat(`d${device}`)).to.equal(200);
    expect(replicas[1].received).to.have.length(200);
    expect(replicas[0].received.length).to.be.within(1, 199);
  });

  it("goes on asking for a moment while both are UNAVAILABLE", async () => {
    let refusals = 0;
    const refuse = (): never => {
      refusals += 1;
      if (refusals === 5) for (const replica of replicas) replica.answerWith(undefined);
      throw new UpstreamStatus(Status.UNAVAILABLE, "fenced");
    };
    for (const replica of replicas) replica.answerWith(refuse);
    expect(await beat("d")).to.equal(200);
    expect(refusals).to.equal(5);
  });

  // Last: nothing brings this replica back.
  it("asks the other replica when one is gone", async () => {
    replicas[0].close();
    for (let device = 0; device < 20; device += 1) expect(await beat(`d${device}`)).to.equal(200);
    expect(replicas[1].received).to.have.length(20);
  });
});
