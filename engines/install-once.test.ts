import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { installOnce } from "./install-once.ts";

describe("installOnce", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-install-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (text: string) => (contents: string) => writeFile(join(contents, "file"), text);

  it("fills the folder once", async () => {
    await installOnce(join(folder, "a"), write("first"));
    await installOnce(join(folder, "a"), write("second"));
    expect(await readFile(join(folder, "a", "file"), "utf8")).to.equal("first");
    expect(await readdir(folder)).to.deep.equal(["a"]);
  });

  it("leaves nothing of a failed one, and the next one works", async () => {
    const error = new Error("no network");
    const failed = installOnce(join(folder, "a"), async (contents) => {
      await write("half")(contents);
      throw error;
    });
    expect(await failed.catch((reason: unknown) => reason)).to.equal(error);
    expect(await readdir(folder)).to.deep.equal([]);
    await installOnce(join(folder, "a"), write("whole"));
    expect(await readdir(folder)).to.deep.equal(["a"]);
  });

  it("lets concurrent ones all succeed", async () => {
    await Promise.all(["x", "y", "z"].map((text) => installOnce(join(folder, "a"), write(text))));
    expect(await readdir(folder)).to.deep.equal(["a"]);
    expect(await readFile(join(folder, "a", "file"), "utf8")).to.match(/^[xyz]$/);
  });

  it("clears up after one that was killed long ago, not after one at work", async () => {
    await mkdir(join(folder, ".new-old"));
    await mkdir(join(folder, ".new-young"));
    await utimes(join(folder, ".new-old"), 0, 0);
    await installOnce(join(folder, "a"), write("whole"));
    expect(await readdir(folder)).to.have.members(["a", ".new-young"]);
  });
});
