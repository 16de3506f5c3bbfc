import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { EngineError } from "../engine-error.ts";
import { type InstallOptions, installMongod } from "./install.ts";

describe("installMongod", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-install-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const failureOf = async (options: InstallOptions): Promise<EngineError> => {
    const error = await installMongod({ folder, override: "", ...options }).catch((reason: unknown) => reason);
    if (error instanceof EngineError) return error;
    throw new Error("expected an EngineError", { cause: error });
  };

  const program = async (text: string): Promise<string> => {
    const path = join(folder, "mongod");
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };

  it("takes the binary it is told to", async () => {
    const own = await program("echo db version v7.0.0");
    expect(await installMongod({ folder, override: own })).to.equal(own);
  });

  it("says so when that binary is not there", async () => {
    const error = await failureOf({ override: join(folder, "none") });
    expect(error.code).to.equal("NO_BINARY");
    expect(error.message).to.contain("MONGOD_BIN");
  });

  it("names a shared library that is missing", async () => {
    const own = await program(
      `echo "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file" >&2; exit 127`,
    );
    const error = await failureOf({ override: own });
    expect(error.code).to.equal("NO_BINARY");
    expect(error.message).to.contain("Install the package with libcurl.so.4").and.to.contain("MONGOD_BIN");
  });

  it("says so on a platform without a binary", async () => {
    const error = await failureOf({ platform: "darwin-arm64" });
    expect(error.code).to.equal("NO_BINARY");
    expect(error.message).to.contain("darwin-arm64").and.to.contain("MONGOD_BIN");
  });

  it("says what to install when there is no Python, and leaves nothing behind", async () => {
    const error = await failureOf({ python: "python-that-is-not-there" });
    expect(error.code).to.equal("MISSING_TOOL");
    expect(error.message).to.contain("Install Python 3").and.to.contain("MONGOD_BIN");
    expect(await readdir(folder)).to.deep.equal([]);
  });
});
