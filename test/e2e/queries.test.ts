import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { http } from "../support/http.ts";
import { oddAttributes } from "../support/odd-attributes.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";

type Devices = {
  readonly results: readonly { readonly user_id: string; readonly device_id: string }[];
  readonly next_page_token: string;
  readonly total_count: string;
};

const people = [
  { user: "ann", is_online: true, attr1: "steel", attr2: "blue", team: "red" },
  { user: "bob", is_online: true, attr1: "steel", attr2: "green", team: "blue" },
  { user: "cyd", is_online: false, attr1: "wood", attr2: "blue", team: "red" },
];

describe("queries over devices and users, through Envoy", function () {
  this.timeout(120_000);
  const folder = useDataFolder();
  let rollcall: RollcallProcess | undefined;
  const rest = (): number => rollcall?.rest ?? 0;
  before(async () => {
    rollcall = await startRollcall({ ROLLCALL_DATA: folder() });
    for (const { user, is_online, team, ...profile } of people) {
      const path = `/users/${user}/devices/d/heartbeat`;
      const body = { is_online, profile: { ...profile, attributes: { team } } };
      expect((await http({ port: rest(), method: "PUT", path, body })).status).to.equal(200);
    }
    await eventually(async () => expect(await count("/devices/count")).to.equal("3"), 15_000);
  });
  after(() => rollcall?.end("SIGKILL"));

  const get = async (path: string): Promise<unknown> => {
    const reply = await http({ port: rest(), path });
    expect(reply.status, `${path}: ${reply.text}`).to.equal(200);
    return reply.json();
  };
  const count = async (path: string): Promise<string> => ((await get(path)) as { readonly count: string }).count;
  const users = async (path: string): Promise<string> =>
    ((await get(path)) as Devices).results.map(({ user_id }) => user_id).join(" ");

  it("lists devices in order, with a token for what is left", async () => {
    const page = (await get("/devices")) as Devices;
    expect(page.results.map(({ user_id }) => user_id)).to.deep.equal(["ann", "bob", "cyd"]);
    expect(page).to.include({ next_page_token: "", total_count: "3" });
    const wrong = await http({ port: rest(), path: "/devices?page_token=bm8" });
    expect(wrong.status).to.equal(400);
    expect(wrong.text).to.contain("INVALID_PAGE_TOKEN");
  });

  it("finds those that are online, of a profile, of a team", async () => {
    expect((await users("/devices/online")).split(" ")).to.have.members(["ann", "bob"]);
    expect((await users("/devices/by-profile?attr1=steel")).split(" ")).to.have.members(["ann", "bob"]);
    expect(await users("/devices/by-profile?attr1=steel&attr2=blue")).to.equal("ann");
    expect((await users("/devices/by-profile")).split(" ")).to.have.members(["ann", "bob", "cyd"]);
    expect(await users("/devices/by-profile?attr1=")).to.equal("");
    expect((await users("/devices/by-team/red")).split(" ")).to.have.members(["ann", "cyd"]);
  });

  it("finds what was seen since a moment, the latest first", async () => {
    expect(await users("/devices/seen-since?since=2020-01-01T00:00:00Z")).to.equal("cyd bob ann");
    expect(await users("/devices/seen-since?since=2999-01-01T00:00:00Z")).to.equal("");
    expect((await http({ port: rest(), path: "/devices/seen-since" })).status).to.equal(400);
  });

  it("counts", async () => {
    expect(await count("/devices/online/count")).to.equal("2");
  });

  it("gives back every attribute, whatever its name and however empty", async () => {
    const body = JSON.parse(`{"is_online":false,"profile":{"attributes":${oddAttributes}}}`) as unknown;
    const attributes = (profile: unknown): unknown => (profile as { readonly attributes: unknown }).attributes;
    const sorted = (value: unknown): string => JSON.stringify(Object.entries(value as object).sort());
    const expected = sorted(JSON.parse(oddAttributes));
    const path = "/users/cyd/devices/d";
    const put = await http({ port: rest(), method: "PUT", path: `${path}/heartbeat`, body });
    expect(put.status, put.text).to.equal(200);
    expect(sorted(attributes((put.json() as { readonly profile: unknown }).profile))).to.equal(expected);
    await eventually(async () => {
      const device = (await get(path)) as { readonly profile: unknown };
      expect(sorted(attributes(device.profile))).to.equal(expected);
      const { results } = (await get("/users")) as { readonly results: { user_id: string; profile: unknown }[] };
      expect(sorted(attributes(results.find(({ user_id }) => user_id === "cyd")?.profile))).to.equal(expected);
    });
    const { user, team, is_online, ...profile } = people[2] as (typeof people)[number];
    const back = { is_online, profile: { ...profile, attributes: { team } } };
    await http({ port: rest(), method: "PUT", path: `/users/${user}/devices/d/heartbeat`, body: back });
    await eventually(async () => expect((await users("/devices/by-team/red")).split(" ")).to.include("cyd"));
  });

  it("tells live of a team, and of who is online", async () => {
    await eventually(async () => expect(await count("/presence/count")).to.equal("3"), 15_000);
    for (const [path, keys] of [
      ["/devices/by-team/red/watch", ["ann/d", "cyd/d"]],
      ["/devices/online/watch", ["ann/d", "bob/d"]],
      ["/presence/by-team/red/watch", ["ann", "cyd"]],
      ["/presence/online/watch", ["ann", "bob"]],
      ["/presence/by-profile/watch?attr1=steel", ["ann", "bob"]],
      ["/presence/seen-since/watch?since=2020-01-01T00:00:00Z", ["ann", "bob", "cyd"]],
      ["/presence:watch", ["ann", "bob", "cyd"]],
    ] as const) {
      const controller = new AbortController();
      const reply = await fetch(`http://127.0.0.1:${rest()}${path}`, { signal: controller.signal });
      let text = "";
      for await (const part of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        if (text.includes("SYNCED")) break;
      }
      controller.abort();
      const told = [...text.matchAll(/"ENTER","key":"([^"]+)"/g)].map(([, key]) => key);
      expect(told, path).to.have.members([...keys]);
    }
  });

  it("tells what a user's devices come to", async () => {
    await eventually(async () => expect(await get("/users/ann")).to.include({ user_id: "ann", devices_online: 1 }));
    expect((await http({ port: rest(), path: "/users/nobody" })).status).to.equal(404);
    expect(await get("/users/ann/devices")).to.have.property("total_count", "1");
  });

  it("finds users as it finds devices", async () => {
    await eventually(async () => expect(await count("/presence/count")).to.equal("3"), 15_000);
    expect(await users("/presence")).to.equal("ann bob cyd");
    expect((await users("/presence/online")).split(" ")).to.have.members(["ann", "bob"]);
    expect(await users("/presence/online/latest")).to.equal("bob ann");
    expect(await users("/presence/by-profile?attr1=steel&attr2=blue")).to.equal("ann");
    expect((await users("/presence/by-team/red")).split(" ")).to.have.members(["ann", "cyd"]);
    expect(await users("/presence/by-team/red/online")).to.equal("ann");
    expect(await users("/presence/seen-since?since=2020-01-01T00:00:00Z")).to.equal("cyd bob ann");
    expect(await count("/presence/online/count")).to.equal("2");
    expect(await count("/presence/by-team/red/count")).to.equal("2");
  });

  it("answers for many users at once", async () => {
    const call = (body: unknown) => http({ port: rest(), method: "POST", path: "/users:batchGet", body });
    const reply = await call({ user_ids: ["bob", "nobody", "ann"] });
    expect(reply.status, reply.text).to.equal(200);
    const { results } = reply.json() as { readonly results: readonly Readonly<Record<string, unknown>>[] };
    expect(results.map(({ user_id, known, is_online }) => [user_id, known, is_online])).to.deep.equal([
      ["bob", true, true],
      ["nobody", false, false],
      ["ann", true, true],
    ]);
    expect((await call({ user_ids: Array.from({ length: 1001 }, String) })).status).to.equal(400);
  });
});
