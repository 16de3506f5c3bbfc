import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type EngineProcess, startProcess } from "../../engines/child.ts";
import { installGrpcurl } from "../../engines/grpcurl/install.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { type CodeBlock, codeBlocks, commandsIn, type ShownCommand } from "../support/code-blocks.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { runTool } from "../support/run-tool.ts";

const blocks = codeBlocks(readFileSync("docs/tutorial.md", "utf8"));

describe("the tutorial", function () {
  this.timeout(300_000);
  let home = "";
  // A reader's shell keeps its folder; each of ours is told where the one before has ended.
  let folder = "";
  let grpcurl = "";
  let ports: readonly (readonly [shown: string, own: string])[] = [];
  let running: (EngineProcess & { readonly output: () => string }) | undefined;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "rollcall-tutorial-"));
    folder = home;
    grpcurl = await installGrpcurl();
    ports = [
      ["8080", String(await freePort())],
      ["50051", String(await freePort())],
    ];
  });
  after(async () => {
    await running?.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** Ports of our own in the place of the page's, which may be taken on this machine. */
  const here = (text: string): string =>
    ports.reduce((replaced, [shown, own]) => replaced.replaceAll(`:${shown}`, `:${own}`), text);
  const shell = (command: string): readonly [string, ...string[]] => [
    "/usr/bin/env",
    `ROLLCALL=${projectRoot()}`,
    ...["ROLLCALL_REST_PORT", "ROLLCALL_PORT"].map((name, i) => `${name}=${ports[i]?.[1]}`),
    // The package is on this machine: no registry has to be asked.
    "npm_config_offline=true",
    "bash",
    "-c",
    `cd "${folder}" && ${command}`,
  ];

  const serve = async ({ text }: CodeBlock): Promise<void> => {
    await running?.close();
    const logFile = join(home, "service.log");
    rmSync(logFile, { force: true });
    // Without npx in between, which is another process.
    const command = text.trim().replace("npx rollcall", "exec node_modules/.bin/rollcall");
    const started = await startProcess(shell(command), { logFile, pidFile: join(home, "service.pid") });
    const output = () => readFileSync(logFile, "utf8");
    running = { ...started, output };
    await eventually(() => expect(output()).to.contain("is up."), 60_000);
  };

  const run = async ({ command, output }: ShownCommand): Promise<void> => {
    const typed = here(command)
      .replace(/^curl/, "curl -sS")
      .replace(/^grpcurl/, grpcurl);
    const [program, ...args] = shell(`${typed} && pwd > "${home}/pwd"`);
    const { code, out, err } = await runTool(program, args);
    expect(code, `${command}\n${out}${err}`).to.equal(0);
    folder = readFileSync(join(home, "pwd"), "utf8").trim();
    if (output !== "") expect(out.trim(), command).to.equal(output);
  };

  const follow = async (block: CodeBlock): Promise<void> => {
    if (block.language === "text") return eventually(() => expect(running?.output()).to.contain(here(block.text)));
    if (block.title === "serve") return serve(block);
    if (block.language !== "sh") {
      mkdirSync(join(folder, dirname(block.title)), { recursive: true });
      writeFileSync(join(folder, block.title), block.text);
      return;
    }
    for (const shown of commandsIn(block.text)) {
      // What only asks may be asked again until the view has followed.
      const isQuestion = /^curl http/.test(shown.command);
      await (isQuestion ? eventually(() => run(shown), 15_000) : run(shown));
    }
  };

  it("leads from an empty folder to a service that answers through Envoy", async () => {
    expect(blocks.filter(({ title }) => title === "serve")).to.have.length(2);
    expect(blocks.filter(({ text }) => /^\$ curl /m.test(text))).to.have.length(2);
    for (const block of blocks) if (block.title !== "once") await follow(block);
  });
});
