import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { loadService } from "./load-service.ts";

// Its source, or what that compiles to, as this file is one or the other.
const example = fileURLToPath(new URL("../examples/customer-registry", import.meta.url));

describe("loadService", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rollcall-service-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const refusal = (where = folder): Promise<string> =>
    loadService(where).then(
      () => "it was loaded",
      (error: unknown) => String(error),
    );

  it("makes the application of a folder", async () => {
    const { name, components } = await loadService(example);
    expect(name).to.equal("customer-registry");
    expect(components).to.have.length(11);
  });

  it("says what is missing, and which command makes it", async () => {
    expect(await refusal(path.join(folder, "none"))).to.contain("there is no folder");
    expect(await refusal())
      .to.contain("service.ts")
      .and.to.contain("rollcall init");
    await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(path.join(folder, "service.js"), "export const service = 1;\n");
    expect(await refusal()).to.contain('no function "service"');
    await mkdir(path.join(folder, "other"));
    await writeFile(path.join(folder, "other", "service.js"), "export const service = () => ({});\n");
    expect(await refusal(path.join(folder, "other"))).to.contain("rollcall gen");
  });
});
