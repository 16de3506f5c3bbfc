import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { http } from "../support/http.ts";
import { type RollcallProcess, runToEnd, startRollcall, useDataFolder } from "../support/rollcall-process.ts";
import { runTool } from "../support/run-tool.ts";

type User = {
  user_id: string;
  device_id: string;
  is_online: boolean;
  profile: { attr1: string } | null;
  version: string;
};

describe("rollcall run", function () {
  this.timeout(60_000);
  const folder = useDataFolder();
  let rollcall: RollcallProcess;

  before(async () => {
    rollcall = await startRollcall({ ROLLCALL_DATA: folder() });
  });
  after(() => rollcall.end("SIGKILL"));

  const curl = async (...args: string[]): Promise<unknown> => {
    const { out } = await runTool("curl", ["-sS", ...args]);
    return JSON.parse(out);
  };
  const url = (path: string): string => `http://localhost:${rollcall.rest}${path}`;
  const users = async (): Promise<User[]> => {
    const { results } = (await http({ port: rollcall.rest, path: "/users" })).json() as { results: User[] };
    return results;
  };

  it("answers the three calls of the seed with curl", async () => {
    const body = '{"is_online": true, "profile": {"attr1": "test", "attr2": "test"}}';
    const reply = await curl(
      "-XPUT",
      "-H",
      "Content-Type: application/json",
      url("/users/myuser/devices/mydevice/heartbeat"),
      "-d",
      body,
    );
    expect(reply).to.deep.include({ user_id: "myuser", device_id: "mydevice", is_online: true, is_modified: true });
    expect(reply).to.have.property("profile").that.deep.equals({ attr1: "test", attr2: "test", attributes: {} });
    await eventually(async () => {
      expect(await curl(url("/users/myuser/devices/mydevice"))).to.include({ user_id: "myuser", is_online: true });
      expect(await curl(url("/users")))
        .to.have.property("results")
        .that.has.lengthOf(1);
    });
  });

  it("prints defaults, keeps names in snake_case, and says a second time that nothing was modified", async () => {
    const path = "/users/quiet/devices/d/heartbeat";
    await http({ port: rollcall.rest, method: "PUT", path, body: {} });
    const again = await http({ port: rollcall.rest, method: "PUT", path, body: {} });
    expect(again.text)
      .to.contain('"is_online":false')
      .and.to.contain('"is_modified":false')
      .and.to.contain('"user_id":"quiet"');
  });

  for (const [name, id] of [
    ["a slash", "a/b"],
    ["a colon", "aa:bb:cc"],
    ["a space", "a b"],
    ["a plus", "a+b"],
    ["a percent sign", "50%"],
    ["unicode", "Ünïcødé-☃-日本"],
  ] as const) {
    it(`carries ids with ${name} from PUT to the query`, async () => {
      const path = `/users/${encodeURIComponent(id)}/devices/${encodeURIComponent(id)}`;
      const put = await http({
        port: rollcall.rest,
        method: "PUT",
        path: `${path}/heartbeat`,
        body: { is_online: true },
      });
      expect(put.json()).to.include({ user_id: id, device_id: id });
      await eventually(async () => {
        const got = await http({ port: rollcall.rest, path });
        expect(got.json()).to.include({ user_id: id, device_id: id });
        expect((await users()).some((user) => user.user_id === id && user.device_id === id)).to.equal(true);
      });
    });
  }

  it("keeps the user a/b apart from the device b/... of user a", async () => {
    const put = (path: string, body: object) =>
      http({ port: rollcall.rest, method: "PUT", path: `${path}/heartbeat`, body });
    await put("/users/x%2Fy/devices/z", { profile: { attr1: "one" } });
    await put("/users/x/devices/y%2Fz", { profile: { attr1: "two" } });
    await eventually(async () => {
      expect((await http({ port: rollcall.rest, path: "/users/x%2Fy/devices/z" })).text).to.contain('"one"');
      expect((await http({ port: rollcall.rest, path: "/users/x/devices/y%2Fz" })).text).to.contain('"two"');
    });
  });

  for (const [name, path, body, field] of [
    ["an id of 257 characters", `/users/${"x".repeat(257)}/devices/d/heartbeat`, {}, "user_id"],
    ["an empty id", "/users//devices/d/heartbeat", {}, "user_id"],
    [
      "a profile of more than 4 KB",
      "/users/u/devices/d/heartbeat",
      { profile: { attr1: "x".repeat(4100) } },
      "profile",
    ],
  ] as const) {
    it(`refuses ${name}, naming the field`, async () => {
      const reply = await http({ port: rollcall.rest, method: "PUT", path, body });
      expect(reply.status).to.equal(400);
      expect(reply.json()).to.include({ code: 3 });
      expect(reply.text).to.contain(`"field":"${field}"`);
    });
  }

  it("answers invalid UTF-8 in a path with 400, and takes no other id for it", async () => {
    const reply = await http({
      port: rollcall.rest,
      method: "PUT",
      path: "/users/%C3%28/devices/d/heartbeat",
      body: {},
    });
    expect(reply.status).to.equal(400);
    expect(reply.json()).to.include({ code: 3 });
  });

  it("answers 404 for a device that was never seen", async () => {
    const reply = await http({ port: rollcall.rest, path: "/users/nobody/devices/none" });
    expect(reply.status).to.equal(404);
    expect(reply.json()).to.include({ code: 5 });
    expect(reply.text).to.contain("no heartbeat yet");
  });

  it("refuses a second start on the same data, naming the process that has it", async () => {
    const { code, output } = await runToEnd({ ROLLCALL_DATA: folder() });
    expect(code).to.equal(1);
    expect(output).to.contain(folder()).and.to.contain(String(rollcall.pid)).and.to.contain("ROLLCALL_DATA");
  });

  it("refuses a port in use, naming the variable that moves it", async () => {
    const taken = { ROLLCALL_STATE_PORT: String(rollcall.state), ROLLCALL_DATA: `${folder()}/other` };
    const { code, output } = await runToEnd(taken);
    expect(code).to.equal(1);
    expect(output).to.contain(String(rollcall.state)).and.to.contain("ROLLCALL_STATE_PORT");
  });

  it("refuses a taken REST port the same way", async () => {
    const taken = { ROLLCALL_REST_PORT: String(rollcall.rest), ROLLCALL_DATA: `${folder()}/other` };
    const { code, output } = await runToEnd(taken);
    expect(code).to.equal(1);
    expect(output).to.contain("ROLLCALL_REST_PORT");
  });

  it("tells all mistakes of its variables at once", async () => {
    const { code, output } = await runToEnd({ ROLLCALL_REST_PORT: "http", ROLLCALL_COLOUR: "red" });
    expect(code).to.equal(1);
    expect(output).to.contain("ROLLCALL_REST_PORT").and.to.contain("ROLLCALL_COLOUR");
  });

  it("starts Envoy again when it ends", async () => {
    const pid = Number(await readFile(join(folder(), "envoy", "envoy.pid"), "utf8"));
    process.kill(pid, "SIGKILL");
    await eventually(() => expect(rollcall.output()).to.contain("Envoy was started again"));
    expect((await http({ port: rollcall.rest, path: "/users" })).status).to.equal(200);
  });

  it("serves gRPC and says why REST is off when there is no Envoy", async () => {
    const other = await startRollcall({ ENVOY_BIN: "/no/such/envoy", ROLLCALL_DATA: `${folder()}/grpc-only` });
    expect(other.output()).to.contain("REST is off");
    expect(other.rest).to.equal(0);
    expect(other.heartbeat).to.be.greaterThan(0);
    expect(await other.end("SIGTERM")).to.equal(0);
  });

  it("keeps everything it acknowledged over kill -9", async () => {
    const put = (i: number) =>
      http({
        port: rollcall.rest,
        method: "PUT",
        path: `/users/survivor-${i}/devices/d/heartbeat`,
        body: { is_online: true, profile: { attr1: String(i) } },
      });
    const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => put(i)));
    expect(replies.map(({ status }) => status)).to.deep.equal(replies.map(() => 200));
    await rollcall.end("SIGKILL");
    rollcall = await startRollcall({ ROLLCALL_DATA: folder() });
    await eventually(async () => {
      const survivors = (await users()).filter(({ user_id }) => user_id.startsWith("survivor-"));
      expect(survivors.map(({ profile }) => Number(profile?.attr1)).sort((a, b) => a - b)).to.deep.equal(
        Array.from({ length: 50 }, (_, i) => i),
      );
    });
    expect((await put(7)).json()).to.include({ is_modified: false });
  });

  it("stops in order on SIGTERM", async () => {
    expect(await rollcall.end("SIGTERM")).to.equal(0);
    for (const service of ["heartbeat-svc", "state-svc", "view-svc"]) {
      expect(rollcall.output()).to.match(new RegExp(`"${service}","msg":"stopped"`));
    }
  });
});
