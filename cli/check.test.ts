import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { buildFixture } from "../test/contract-protos/fixtures.ts";
import { programOf } from "../test/support/program.ts";

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

const rollcall = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...programOf("cli/main.ts"), ...args]);
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });

const checkFixture = (name: string): Promise<Ran> => rollcall("check", `test/contract-protos/${name}`);

/** The first line of each printed mistake. */
const places = ({ out }: Ran): readonly string[] => out.match(/^[A-Z_]+ \S+:\d+:\d+$/gm) ?? [];

describe("rollcall check", () => {
  it("tells ten different mistakes of a folder in one run, each with its place", async () => {
    const ran = await checkFixture("ten-mistakes");
    const folder = "test/contract-protos/ten-mistakes/shop/v1";
    expect(places(ran)).to.deep.equal([
      `COMPONENT_UNKNOWN ${folder}/api.proto:16:5`,
      `ENTITY_KEY_MISSING ${folder}/api.proto:19:7`,
      `HTTP_PATH_VARIABLE ${folder}/api.proto:21:7`,
      `TOPIC_LOOP ${folder}/api.proto:33:13`,
      `CONSUMER_TYPE_TWICE ${folder}/api.proto:38:12`,
      `TOPIC_INVALID ${folder}/api.proto:39:52`,
      `VIEW_WITHOUT_QUERY ${folder}/api.proto:43:9`,
      `UPDATE_WITHOUT_TABLE ${folder}/api.proto:48:12`,
      `TYPE_UNKNOWN ${folder}/domain.proto:10:3`,
      `KEY_FIELD_TYPE ${folder}/domain.proto:15:7`,
    ]);
    expect(ran.out).to.match(/\n10 mistakes\n$/);
    expect(ran.code).to.equal(1);
  });

  it("shows the line, a caret under the spot and the remedy", async () => {
    const { out } = await checkFixture("ten-mistakes");
    expect(out).to.include(
      [
        '  entity "shop.v1.Basket" uses the message "BasketStat", and there is none of that name.',
        '      state: "BasketStat"',
        "      ^",
        '  Did you mean "shop.v1.BasketState"? Write the name relative to package "shop.v1", or in full.',
      ].join("\n"),
    );
    expect(out).to.include("    \tbool paid = 2 [(akkaserverless.field).entity_key = true];\n    \t     ^\n");
  });

  it("tells mistakes of queries among those of the contract, in order of place", async () => {
    const ran = await checkFixture("query-mistakes");
    const [before, query, after] = places(ran);
    const file = "test/contract-protos/query-mistakes/orders.proto";
    expect(before).to.equal(`KEY_FIELD_TYPE ${file}:9:10`);
    expect(query).to.match(/^[A-Z_]+ \S+orders\.proto:19:50$/);
    expect(after).to.equal(`VIEW_METHOD_BARE ${file}:22:7`);
    const text = "SELECT * FROM orders WHERE colour = 'red'";
    expect(ran.out).to.include(`    ${text}\n    ${" ".repeat(text.indexOf("colour"))}^\n`);
    expect(ran.out).to.match(/\n3 mistakes\n$/);
  });

  it("passes the heartbeat and state protos of the seed as they are, and its query service", async () => {
    expect(await checkFixture("seed-heartbeat")).to.deep.include({
      code: 0,
      out: "no mistakes: 2 services, 1 entity, 1 topic, 0 queries\n",
    });
    expect(await checkFixture("seed-state")).to.deep.include({
      code: 0,
      out: "no mistakes: 2 services, 1 entity, 2 topics, 0 queries\n",
    });
    expect(await checkFixture("seed-query")).to.deep.include({
      code: 0,
      out: "no mistakes: 1 service, 0 entities, 1 topic, 1 query\n",
    });
  });

  it("passes the customer registry, with the views of the seed", async () => {
    expect(await rollcall("check", "examples/customer-registry/proto")).to.deep.include({
      code: 0,
      out: "no mistakes: 11 services, 2 entities, 1 topic, 7 queries\n",
    });
  });

  it("passes protos of the platform's successor, whose annotations it supplies", async () => {
    expect(await checkFixture("successor")).to.deep.include({
      code: 0,
      out: "no mistakes: 5 services, 2 entities, 1 topic, 1 query\n",
    });
  });

  it("tells where files of both spellings meet, which no compiler can take together", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "rollcall-check-"));
    try {
      await writeFile(path.join(folder, "a.proto"), 'syntax = "proto3";\nimport "akkaserverless/annotations.proto";\n');
      await writeFile(path.join(folder, "b.proto"), 'syntax = "proto3";\nimport "kalix/annotations.proto";\n');
      const ran = await rollcall("check", folder);
      expect(places(ran)).to.deep.equal([`ANNOTATIONS_MIXED ${folder}/b.proto:2:8`]);
      expect(ran.out).to.include("a.proto imports akkaserverless/annotations.proto");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("passes the repository's own protos and descriptor set", async () => {
    for (const own of ["proto", "gen/descriptors.binpb"]) {
      const ran = await rollcall("check", own);
      expect(ran.out).to.match(/^no mistakes: /);
      expect(ran.code).to.equal(0);
    }
  });

  it("tells every syntax error at its place in the user's file", async () => {
    const ran = await checkFixture("syntax-error");
    expect(places(ran)).to.deep.equal([
      "PROTO_INVALID test/contract-protos/syntax-error/broken.proto:6:2",
      "PROTO_INVALID test/contract-protos/syntax-error/broken.proto:10:27",
      "PROTO_INVALID test/contract-protos/syntax-error/line.proto:6:3",
      "PROTO_INVALID test/contract-protos/syntax-error/line.proto:6:18",
    ]);
    expect(ran.out).to.include("    \tstrin order_id = 1;\n    \t^\n");
    expect(ran.code).to.equal(1);
  });

  it("tells a missing import", async () => {
    const ran = await checkFixture("missing-import");
    expect(places(ran)).to.deep.equal(["IMPORT_MISSING test/contract-protos/missing-import/lonely.proto:5:1"]);
    expect(ran.out).to.match(/\n1 mistake\n$/);
    expect(ran.code).to.equal(1);
  });

  describe("of a descriptor set file", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "rollcall-test-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("tells its mistakes", async () => {
      const file = path.join(folder, "set.binpb");
      await writeFile(file, await buildFixture("rule-handlers"));
      const ran = await rollcall("check", file);
      expect(places(ran)).to.deep.equal(["HANDLER_TWICE handlers.proto:15:7"]);
      expect(ran.code).to.equal(1);
    });

    it("tells when it is none", async () => {
      const file = path.join(folder, "set.binpb");
      await writeFile(file, "no descriptors");
      const ran = await rollcall("check", file);
      expect(places(ran)).to.deep.equal([`DESCRIPTORS_UNREADABLE ${file}:1:1`]);
      expect(ran.code).to.equal(1);
    });

    it("refuses a folder without protos", async () => {
      const ran = await rollcall("check", folder);
      expect(ran).to.deep.equal({ code: 2, out: "", err: `error: "${folder}" holds no .proto file.\n` });
    });
  });

  it("exits with 2 when it is called wrongly", async () => {
    expect((await rollcall("check")).code).to.equal(2);
    expect((await rollcall("chek", "proto")).code).to.equal(2);
    const ran = await rollcall("check", "no/such/place");
    expect(ran).to.deep.equal({ code: 2, out: "", err: 'error: there is no folder or file "no/such/place".\n' });
    expect((await rollcall("check", "proto/presence/v1/presence.proto")).code).to.equal(2);
  });
});
