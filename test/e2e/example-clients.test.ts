import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { installGrpcurl } from "../../engines/grpcurl/install.ts";
import { buildStubs } from "../../engines/stubs/build.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";
import { runTool, type ToolRun } from "../support/run-tool.ts";

const folder = "examples/clients";
const readme = readFileSync(join(folder, "README.md"), "utf8");
/** The commands of the first block of the page, without what builds. */
const commands = (/```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "")
  .trim()
  .split("\n")
  .map((line) => line.replace(/^.* && /, ""));

const expected: Readonly<Record<string, readonly RegExp[]>> = {
  "nice-grpc.ts": [/^ann is online: true; the next heartbeat is due in 30 s$/m, /^ENTER ann\/nice-grpc$/m],
  "proto-loader.mjs": [/^ann is online: true, at version \d{18}$/m, /^without a device: INVALID_ARGUMENT, device_id/m],
  "classic-stubs.cjs": [/^ann is online: true; due again in 30 s$/m, /^ENTER ann\/classic-stubs$/m],
  "main.ts": [/^ann is online: true$/m, /^\d+ devices are known$/m, /^without a user: status 3: user_id is empty/m],
  "grpcurl.sh": [/^presence.view.v1.PresenceQueryApi$/m, /"deviceId": "grpcurl"/, /"count": "\d+"/],
  "curl.sh": [
    /"device_id":"curl".*"is_modified":true/,
    /"device_id":"curl".*"last_seen"/,
    /^\{"code":5,"message":"no heartbeat/m,
  ],
};

describe("the examples of clients", function () {
  this.timeout(60_000);
  const data = useDataFolder();
  let rollcall: RollcallProcess;
  let path: string;

  before(async function () {
    // The first run downloads the compiler.
    this.timeout(300_000);
    path = [dirname(await installGrpcurl()), process.env.PATH].join(delimiter);
    await buildStubs("stubs");
    rollcall = await startRollcall({ ROLLCALL_DATA: data() });
  });
  after(() => rollcall.end("SIGKILL"));

  const run = (command: string): Promise<ToolRun> =>
    new Promise((done) => {
      const [program = "", ...args] = `${command} localhost:${rollcall.rest}`.split(" ");
      execFile(program, args, { env: { ...process.env, PATH: path }, timeout: 30_000 }, (error, out, err) =>
        done({ code: error === null ? 0 : 1, out, err }),
      );
    });

  it("are all on the page", () => {
    const programs = readdirSync(folder, { withFileTypes: true }).filter((entry) =>
      /\.(ts|mjs|cjs|sh)$/.test(entry.name),
    );
    expect(commands.map((command) => command.slice(command.lastIndexOf("/") + 1)).sort()).to.deep.equal(
      [...programs.map(({ name }) => name), "main.ts"].sort(),
    );
  });

  for (const command of commands) {
    it(`runs ${command}`, async () => {
      const { code, out, err } = await run(command);
      expect(code, err).to.equal(0);
      expect(err).to.equal("");
      for (const line of expected[command.slice(command.lastIndexOf("/") + 1)] ?? [/no lines are expected/]) {
        expect(out).to.match(line);
      }
    });
  }

  it("call from a page with nothing but what a browser has", async () => {
    const out = await mkdtemp(join(tmpdir(), "rollcall-page-"));
    try {
      const bundle = join(out, "page.js");
      const options = ["--bundle", "--format=iife", "--global-name=page", "--platform=browser", `--outfile=${bundle}`];
      const built = await runTool("node_modules/.bin/esbuild", [join(folder, "grpc-web/page.ts"), ...options]);
      expect(built.code, built.err).to.equal(0);
      const lines: string[] = [];
      const browser = { fetch, Headers, TextEncoder, TextDecoder, done: undefined as Promise<void> | undefined };
      const print = (line: string): void => void lines.push(line);
      const call = `done = page.showPresence("http://localhost:${rollcall.rest}", print)`;
      const context = { ...browser, print };
      runInNewContext(`${readFileSync(bundle, "utf8")};${call}`, context);
      await context.done;
      for (const line of expected["main.ts"] ?? []) expect(lines.join("\n")).to.match(line);
    } finally {
      await rm(out, { recursive: true });
    }
  });

  describe("with classic stubs", () => {
    // The generator's messages leave a global behind, so they are loaded elsewhere.
    const evaluate = async (script: string): Promise<unknown> => {
      const { code, out, err } = await runTool(process.execPath, ["--input-type=commonjs", "--eval", script]);
      expect(code, err).to.equal(0);
      return JSON.parse(out);
    };

    it("have types that fit them", async () => {
      const options = ["--ignoreConfig", "--noEmit", "--allowJs", "--checkJs", "--strict", "--skipLibCheck"];
      const settings = ["--module", "nodenext", "--target", "es2023", "--types", "node"];
      const { code, out } = await runTool("node_modules/.bin/tsc", [
        ...options,
        ...settings,
        `${folder}/classic-stubs.cjs`,
      ]);
      expect(code, out).to.equal(0);
    });

    it("export what their types declare, method by method", async () => {
      const declared = (text: string, pattern: RegExp): string[] =>
        [...text.matchAll(pattern)].map(([, name = ""]) => name);
      const files = readdirSync("stubs", { recursive: true, encoding: "utf8" }).filter(
        (file) => file.endsWith("_grpc_pb.js") && !file.startsWith("node_modules"),
      );
      const exported = (await evaluate(`
        const keys = (file) => Object.entries(require("./stubs/" + file)).map(([name, value]) => [name, Object.keys(value)]);
        const all = ${JSON.stringify(files)}.map((file) => [file, Object.fromEntries(keys(file))]);
        console.log(JSON.stringify(Object.fromEntries(all)));
      `)) as Record<string, Record<string, string[]>>;
      let methods = 0;
      for (const file of files) {
        const types = readFileSync(join("stubs", file.replace(/\.js$/, ".d.ts")), "utf8");
        const found = exported[file] ?? {};
        expect(Object.keys(found), file).to.have.members(declared(types, /^export (?:const|class) (\w+)/gm));
        for (const [, name = "", body = ""] of types.matchAll(/^interface I(\w+Service) [^{]+\{\n([^}]*)\}/gm)) {
          expect(found[name], name).to.deep.equal(declared(body, /^ {2}(\w+):/gm));
          methods += found[name]?.length ?? 0;
        }
      }
      expect(methods).to.be.greaterThan(20);
    });

    it("stream both ways", async () => {
      const names = await evaluate(`
        const { credentials } = require("@grpc/grpc-js");
        const { ServerReflectionClient } = require("./stubs/grpc/reflection/v1/reflection_grpc_pb.js");
        const { ServerReflectionRequest } = require("./stubs/grpc/reflection/v1/reflection_pb.js");
        const client = new ServerReflectionClient("localhost:${rollcall.rest}", credentials.createInsecure());
        const call = client.serverReflectionInfo();
        const request = new ServerReflectionRequest();
        request.setListServices("*");
        call.write(request);
        call.on("data", (reply) => {
          const services = reply.getListServicesResponse().getServiceList();
          console.log(JSON.stringify(services.map((each) => each.getName())));
          call.end();
        });
        call.on("end", () => client.close());
      `);
      expect(names).to.include("presence.view.v1.PresenceQueryApi");
    });
  });
});
