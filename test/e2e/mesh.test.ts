import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { isAlive, type ProcessId } from "../../cli/mesh/process-id.ts";
import { eventually } from "../support/eventually.ts";
import { type HttpReply, http } from "../support/http.ts";
import { type RollcallCli, rollcallOn } from "../support/rollcall-cli.ts";
import { useDataFolder } from "../support/rollcall-process.ts";
import { runTool } from "../support/run-tool.ts";

type User = { readonly user_id: string; readonly profile: { readonly attr1: string } | null };

const services = ["heartbeat-svc", "state-svc", "view-svc"];
const parts = ["kafka", "mongodb", ...services, "envoy"];

describe("rollcall up", function () {
  // The first run installs engines, and the machine may be busy.
  this.timeout(300_000);
  let rollcall: RollcallCli;
  // Before the folder goes, which the hooks of the next line see to.
  after(() => rollcall.run("down"));
  const folder = useDataFolder();
  const started: ProcessId[] = [];
  let rest = 0;

  const up = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await rollcall.run("up", ...args);
    expect(code, err).to.equal(0);
    for (const file of await readdir(join(folder(), "mesh"))) {
      const [, part, replica] = /^(.+)-(\d+)\.json$/.exec(file) ?? [];
      if (part !== undefined) started.push(await rollcall.stateOf(part, Number(replica)));
    }
    return out;
  };
  const put = (user: string, attr1: string, device = "d"): Promise<HttpReply> =>
    http({
      port: rest,
      method: "PUT",
      path: `/users/${user}/devices/${device}/heartbeat`,
      body: { is_online: true, profile: { attr1 } },
    });
  const attrOf = async (user: string): Promise<string | undefined> => {
    const { results } = (await http({ port: rest, path: "/users" })).json() as { readonly results: readonly User[] };
    return results.find(({ user_id }) => user_id === user)?.profile?.attr1;
  };
  const kill = async (part: string): Promise<void> => {
    const state = await rollcall.stateOf(part);
    process.kill(state.pid, "SIGKILL");
    await eventually(async () => {
      expect(await isAlive(state)).to.equal(false);
      if (state.keeper !== undefined) expect(await isAlive(state.keeper), "its keeper").to.equal(false);
    });
  };

  before(async () => {
    rollcall = rollcallOn(folder());
    const out = await up();
    rest = Number(/gRPC-Web: http:\/\/localhost:(\d+)/.exec(out)?.[1]);
    for (const part of parts) expect(out).to.contain(`${part} `);
  });

  it("answers the three calls it prints, through three processes and Envoy", async () => {
    const curl = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await runTool("curl", ["-sS", ...args])).out);
    const url = (path: string): string => `http://localhost:${rest}${path}`;
    const body = '{"is_online": true, "profile": {"attr1": "test", "attr2": "test"}}';
    const reply = await curl("-X", "PUT", url("/users/myuser/devices/mydevice/heartbeat"), "-d", body);
    expect(reply).to.include({ user_id: "myuser", device_id: "mydevice", is_online: true, is_modified: true });
    await eventually(async () => {
      expect(await curl(url("/users/myuser/devices/mydevice"))).to.include({ user_id: "myuser", is_online: true });
      expect(await curl(url("/users"))).to.have.nested.property("results[0].user_id", "myuser");
    }, 15_000);
  });

  it("shows all parts and consumers with their health", async () => {
    const { code, out } = await rollcall.run("status");
    expect(code).to.equal(0);
    for (const part of parts) expect(out).to.match(new RegExp(`^${part} +1 +\\d+ +\\d+ +SERVING$`, "m"));
    expect(out).to.match(/^ {2}presence\.state\.v1\.PresenceHeartbeatEventService +SERVING$/m);
    expect(out).to.match(/^ {2}presence\.view\.v1\.PresenceQueryApi\.\w+ +SERVING$/m);
  });

  it("adds replicas, and Envoy sends traffic to all of them without a restart", async () => {
    const envoy = await rollcall.stateOf("envoy");
    await up("heartbeat-svc", "--replicas", "3");
    expect(await rollcall.stateOf("envoy")).to.deep.equal(envoy);
    for (let device = 0; device < 100; device += 1) expect((await put("many", "x", `d${device}`)).status).to.equal(200);
    const { text } = await http({ port: envoy.adminPort ?? 0, path: "/clusters" });
    for (const replica of [1, 2, 3]) {
      const { port } = await rollcall.stateOf("heartbeat-svc", replica);
      const [, requests] = new RegExp(`heartbeat-svc::127.0.0.1:${port}::rq_success::(\\d+)`).exec(text) ?? [];
      expect(Number(requests), `replica ${replica}`).to.be.greaterThan(10);
    }
  });

  it("takes the replicas out again before it ends them", async () => {
    let isOver = false;
    const beats = (async () => {
      const codes = new Set<number>();
      for (let i = 0; !isOver; i += 1) codes.add((await put("busy", "x", `d${i % 50}`)).status);
      return codes;
    })();
    expect((await rollcall.run("down", "view-svc")).code).to.equal(0);
    isOver = true;
    expect([...(await beats)]).to.deep.equal([200]);
    expect((await http({ port: rest, path: "/users" })).status).to.equal(503);
    await up("view-svc");
    expect(await attrOf("myuser")).to.equal("test");
  });

  it("finds a killed service dead, and starts it again", async () => {
    await kill("state-svc");
    const { code, out } = await rollcall.run("status");
    expect(code).to.equal(1);
    expect(out).to.match(/^state-svc +1 +\d+ +\d+ +dead$/m);
    expect((await put("late", "while it was away")).status).to.equal(200);
    await up();
    await eventually(async () => expect(await attrOf("late")).to.equal("while it was away"), 15_000);
  });

  it("starts a killed engine again on its port and data", async () => {
    const before = await rollcall.stateOf("mongodb");
    await kill("mongodb");
    await up();
    const after = await rollcall.stateOf("mongodb");
    expect(after).to.include({ port: before.port });
    expect(after.pid).not.to.equal(before.pid);
    await eventually(async () => expect(await attrOf("late")).to.equal("while it was away"), 15_000);
  });

  it("leaves what runs as it is", async () => {
    const pids = (): Promise<number[]> => Promise.all(parts.map(async (part) => (await rollcall.stateOf(part)).pid));
    const before = await pids();
    await up();
    expect(await pids()).to.deep.equal(before);
  });

  it("shows the ends of logs, and follows them", async () => {
    const { out } = await rollcall.run("logs", "state-svc");
    expect(out).to.match(/^state-svc-1 \| .*"msg":"serving"/m);
    expect((await rollcall.run("logs", "kafka")).out).to.match(/^kafka-1 +\| /m);
    const following = rollcall.start("logs", "view-svc", "-f", "-n", "1");
    let text = "";
    following.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
    });
    await eventually(() => expect(text).to.contain("view-svc-1"), 15_000);
    expect((await rollcall.run("down", "view-svc")).code).to.equal(0);
    await eventually(() => expect(text).to.contain('"msg":"stopped"'));
    following.kill("SIGINT");
    expect(await once(following, "exit")).to.deep.equal([0, null]);
  });

  it("refuses a part that there is not", async () => {
    expect(await rollcall.run("up", "state-scv")).to.deep.equal({
      code: 2,
      out: "",
      err: 'error: there is no part "state-scv"; did you mean "state-svc"?\n',
    });
  });

  it("names the variable of a taken port, before it starts anything", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const other = join(folder(), "other");
    try {
      for (const variable of ["ROLLCALL_STATE_PORT", "ROLLCALL_REST_PORT"]) {
        const { code, out, err } = await rollcallOn(other, { [variable]: port }).run("up");
        expect(code).to.equal(1);
        expect(out).to.equal("");
        expect(err).to.contain(port).and.to.contain(variable);
      }
    } finally {
      server.close();
    }
  });

  for (const [tool, variables, words] of [
    ["Java", { JAVA_HOME: "/no/such/java" }, ["Java", "JAVA_HOME"]],
    ["mongod", { MONGOD_BIN: "/no/such/mongod" }, ["MONGOD_BIN"]],
    ["Envoy", { ENVOY_BIN: "/no/such/envoy" }, ["ENVOY_BIN"]],
  ] as const) {
    it(`says what to do without ${tool}, before it starts anything`, async () => {
      const { code, out, err } = await rollcallOn(join(folder(), "other"), variables).run("up");
      expect(code).to.equal(1);
      expect(out).to.equal("");
      for (const word of words) expect(err).to.contain(word);
    });
  }

  // Last: nothing is left to test.
  it("goes down in order and leaves nothing running", async () => {
    const { code, out } = await rollcall.run("down");
    expect(code).to.equal(0);
    const at = (part: string): number => out.indexOf(`${part} `);
    for (const service of ["heartbeat-svc", "state-svc"]) {
      expect(at(service))
        .to.be.greaterThan(at("envoy"))
        .and.to.be.lessThan(Math.min(at("kafka"), at("mongodb")));
    }
    expect(out).not.to.contain("killed");
    for (const process of started.flatMap((state) => [state, (state as { keeper?: ProcessId }).keeper ?? state])) {
      expect(await isAlive(process), `process ${process.pid}`).to.equal(false);
    }
    expect((await rollcall.run("status")).out).to.contain("Nothing of the mesh is up");
  });
});
