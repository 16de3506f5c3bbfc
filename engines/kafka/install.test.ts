import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { EngineError } from "../engine-error.ts";
import { installKafka } from "./install.ts";
import { findJava } from "./java.ts";

const failureOf = async (work: Promise<unknown>): Promise<EngineError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw new Error("expected an EngineError", { cause: error });
};

describe("installKafka", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-install-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const script = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };

  it("takes a distribution of your own as it is, if it has libs", async () => {
    await mkdir(join(folder, "own", "libs"), { recursive: true });
    expect(await installKafka({ override: join(folder, "own") })).to.equal(join(folder, "own"));
    const error = await failureOf(installKafka({ override: folder }));
    expect(error.code).to.equal("NO_BINARY");
    expect(error.message).to.contain("KAFKA_HOME");
  });

  it("says what to do without Maven", async () => {
    const error = await failureOf(installKafka({ folder, maven: join(folder, "no-maven"), override: "" }));
    expect(error.code).to.equal("MISSING_TOOL");
    expect(error.message).to.contain("Install Maven").and.to.contain("KAFKA_HOME");
  });

  it("uses no jars that are not the known ones, and leaves none of them", async () => {
    const maven = await script(
      "maven",
      'for last; do :; done; folder=$(echo "$last" | cut -d= -f2); mkdir "$folder"; echo x > "$folder/kafka.jar"',
    );
    const error = await failureOf(installKafka({ folder, maven, override: "" }));
    expect(error.code).to.equal("CHECKSUM_MISMATCH");
    expect(await readdir(folder)).to.deep.equal(["maven"]);
  });

  it("names the remedy when Java is missing or too old", async () => {
    expect((await failureOf(findJava(folder))).message).to.contain("JAVA_HOME");
    await mkdir(join(folder, "bin"));
    await script("bin/java", `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);
    const error = await failureOf(findJava(folder));
    expect(error.code).to.equal("MISSING_TOOL");
    expect(error.message).to.contain("Java 11").and.to.contain("Install Java 17");
    await script("bin/java", `echo 'openjdk version "21" 2023-09-19' >&2`);
    expect(await findJava(folder)).to.equal(join(folder, "bin", "java"));
  });
});
