import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { EngineError } from "../engine-error.ts";
import { type InstallOptions, installEnvoy } from "./install.ts";

describe("installEnvoy", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-install-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const failureOf = async (options: InstallOptions): Promise<EngineError> => {
    const error = await installEnvoy({ folder, override: "", ...options }).catch((reason: unknown) => reason);
    if (error instanceof EngineError) return error;
    throw new Error("expected an EngineError", { cause: error });
  };

  it("takes the binary it is told to", async () => {
    expect(await installEnvoy({ folder, override: process.execPath })).to.equal(process.execPath);
  });

  it("says so when that binary is not there", async () => {
    const error = await failureOf({ override: join(folder, "none") });
    expect(error.code).to.equal("NO_BINARY");
    expect(error.message).to.contain("ENVOY_BIN");
  });

  it("says what to install when there is no Python, and leaves nothing behind", async () => {
    const error = await failureOf({ python: "python-that-is-not-there" });
    expect(error.code).to.equal("MISSING_TOOL");
    expect(error.message).to.contain("Install Python 3").and.to.contain("ENVOY_BIN");
    expect(await readdir(folder)).to.deep.equal([]);
  });
});
