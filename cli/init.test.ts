import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { projectRoot } from "../engines/project-root.ts";
import { runTool, type ToolRun } from "../test/support/run-tool.ts";

const root = projectRoot();

describe("rollcall init", function () {
  this.timeout(240_000);
  let home = "";

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "rollcall-init-"));
  });
  after(() => rm(home, { recursive: true, force: true }));

  /** A command as a user types it, in a folder below `home`. */
  const shell = (folder: string, command: string): Promise<ToolRun> =>
    runTool("bash", ["-c", `cd "$0" && ${command}`, path.join(home, folder)]);
  const init = (name: string): Promise<ToolRun> => shell(".", `"${root}/cli/rollcall.js" init ${name}`);
  const expectSuccess = ({ code, out, err }: ToolRun): void => {
    expect(code, `${out}${err}`).to.equal(0);
  };

  it("writes a service that has no mistakes, and passes its own test and the compiler", async () => {
    const made = await init("high-scores");
    expectSuccess(made);
    expect(made.out).to.contain("cd high-scores").and.to.contain("npm test");
    // By a copy of the project's rules: with these themselves biome would look through the whole project.
    await copyFile(path.join(root, "biome.json"), path.join(home, "biome.json"));
    const format = `"${root}/node_modules/.bin/biome" check --vcs-enabled=false --error-on-warnings --config-path=.. .`;
    expectSuccess(await shell("high-scores", format));
    expectSuccess(await shell("high-scores", "npm install --offline"));
    const checked = await shell("high-scores", "npm run check");
    expect(checked.out).to.contain("no mistakes: 2 services, 1 entity, 0 topics, 1 query\n");
    const tested = await shell("high-scores", "npm test");
    expectSuccess(tested);
    expect(tested.out)
      .to.match(/^# pass 3$/m)
      .and.to.match(/^# fail 0$/m);
    expectSuccess(await shell("high-scores", `"${root}/node_modules/.bin/tsc" -p .`));
  });

  it("refuses a name that cannot be one, and a folder that is in use", async () => {
    const bad = await init("Rooms");
    expect(bad.code).to.equal(2);
    expect(bad.err).to.contain('"Rooms"').and.to.contain("room-list");
    expectSuccess(await shell(".", "mkdir taken && touch taken/notes.txt"));
    const taken = await init("taken");
    expect(taken.code).to.equal(2);
    expect(taken.err).to.contain('"taken"');
    expect(await readdir(path.join(home, "taken"))).to.deep.equal(["notes.txt"]);
  });
});
