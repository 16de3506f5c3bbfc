import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";
import { installGrpcurl } from "../../engines/grpcurl/install.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { runTool } from "../support/run-tool.ts";

const readme = readFileSync("README.md", "utf8");

/** The code block that follows the mention of a file. */
const blockOf = (file: string, language: string): string => {
  const from = readme.indexOf(`\`\`\`${language}`, readme.indexOf(`\`${file}\``));
  const to = readme.indexOf("```", from + 3);
  return readme.slice(readme.indexOf("\n", from) + 1, to);
};

/** A copy of the project that the page's files can be added to; packages are linked, not copied. */
const copyProject = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-readme-"));
  for (const name of [
    "buf.yaml",
    "buf.gen.yaml",
    "Makefile",
    "package.json",
    "package-lock.json",
    "proto",
    "runtime",
    // make gen also runs rollcall gen, for the examples.
    "cli",
    "engines",
    "examples",
    "heartbeat-svc",
    "state-svc",
    "view-svc",
    "test/support",
    "docs",
    "envoy",
  ]) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync("node_modules")) {
    // buf does not follow links out of its workspace.
    if (name !== "google-proto-files") symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
  }
  for (const name of ["api", "rpc"]) {
    const part = join("node_modules", "google-proto-files", "google", name);
    cpSync(part, join(folder, part), { recursive: true });
  }
  return folder;
};

describe("the README", function () {
  this.timeout(180_000);
  let folder: string;
  let service: ChildProcess | undefined;

  before(() => {
    folder = copyProject();
  });
  after(() => {
    service?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows a service that can be built from the page and called", async () => {
    const port = await freePort();
    for (const [file, language] of [
      ["proto/rooms/v1/rooms.proto", "proto"],
      ["rooms-svc/main.ts", "ts"],
    ] as const) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      // The page's own port may be lent to any connection of this machine.
      writeFileSync(join(folder, file), blockOf(file, language).replace("port: 50054", `port: ${port}`));
    }
    const built = await runTool("make", ["--silent", "-C", folder, "-o", "packages", "gen"]);
    expect(built.code, built.err).to.equal(0);

    const grpcurl = await installGrpcurl();
    service = spawn(process.execPath, ["--import", "tsx", "rooms-svc/main.ts"], { cwd: folder, stdio: "inherit" });
    const enter = (user_id: string) =>
      runTool(grpcurl, [
        "-plaintext",
        "-d",
        JSON.stringify({ room_id: "r", user_id }),
        `localhost:${port}`,
        "rooms.v1.Rooms/Enter",
      ]);
    await eventually(async () => expect((await enter("ann")).out).to.contain("ann"), 20_000);
    await enter("bob");
    const { out } = await enter("ann");
    expect(JSON.parse(out)).to.deep.equal({ userIds: ["ann", "bob"] });
  });

  it("names every folder of the project, and no other", () => {
    const named = [...readme.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) => [
      ...(cell ?? "").matchAll(/`([^`]+)\/`/g),
    ]);
    for (const [, path] of named) expect(readdirSync(path ?? ""), path).not.to.deep.equal([]);
    for (const stage of readdirSync("runtime", { withFileTypes: true })) {
      if (stage.isDirectory() && stage.name !== "testkit") expect(readme).to.contain(`\`runtime/${stage.name}/\``);
    }
  });

  it("shows the two commands", () => {
    expect(readme).to.contain("make run").and.to.contain("make test");
  });
});
