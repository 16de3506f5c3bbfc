import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

// Later ones have no --js_out.
const grpcToolsVersion = "1.12.4";
const protocVersion = "3.20.3";

/** Maven's classifier and the SHA-256 of protoc, by platform. */
const protocs: Readonly<Record<string, readonly [classifier: string, sha256: string]>> = {
  "linux-x64": ["linux-x86_64", "7bf21b9e0a5390dbebe784a4aca1d64683af157b5a22847369737509e8e6cf30"],
  "linux-arm64": ["linux-aarch_64", "fcf2ef6a887420c91921812b6850f48db8b4ebc1f9a4dd96b69f041028e6ca8d"],
  "darwin-x64": ["osx-x86_64", "4cca21b94a7e532f4462426c8eada910e3c8b77a1594d5a3311707938b0a61eb"],
  "darwin-arm64": ["osx-x86_64", "4cca21b94a7e532f4462426c8eada910e3c8b77a1594d5a3311707938b0a61eb"],
};

/** A protoc that writes JavaScript, and the plugin that writes services; without one, ours does. */
export type StubCompiler = { readonly protoc: string; readonly grpcPlugin: string | undefined };

const npmRemedies = {
  missing: "Install Node with npm.",
  failed: "Try again when the package registry can be reached.",
};
const mavenRemedies = {
  missing: "Install Maven, or set PROTOC_BIN to a protoc of version 3.20 or older.",
  failed: "Try again when Maven's repository can be reached, or set PROTOC_BIN to a protoc of version 3.20 or older.",
};

const patienceMs = 60_000;
const engines = (): string => join(projectRoot(), ".engines");
const grpcToolsFolder = (): string => join(engines(), `grpc-tools-${grpcToolsVersion}`);
const protocFolder = (): string => join(engines(), `protoc-${protocVersion}`);

/**
 * The compiler of classic stubs: that of grpc-tools, or where its download is refused, protoc from Maven. What was
 * installed before is taken again. Throws EngineError when there is no way to get one.
 */
export const installStubCompiler = async (): Promise<StubCompiler> => {
  const override = process.env.PROTOC_BIN;
  if (override) return { protoc: override, grpcPlugin: undefined };
  if (existsSync(protocFolder())) return installProtoc();
  try {
    return await installGrpcTools();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    process.stderr.write(`grpc-tools cannot be installed here; protoc ${protocVersion} is taken from Maven.\n`);
    return installProtoc();
  }
};

/** Its binaries are fetched by its install script, which a closed network refuses. */
const installGrpcTools = async (): Promise<StubCompiler> => {
  await installOnce(grpcToolsFolder(), async (contents) => {
    await writeFile(join(contents, "package.json"), '{ "private": true }\n');
    const options = ["--prefix", contents, "--ignore-scripts=false", "--no-audit", "--no-fund", "--fetch-retries=1"];
    await runTool("npm", ["install", ...options, `grpc-tools@${grpcToolsVersion}`], npmRemedies, patienceMs);
  });
  const bin = join(grpcToolsFolder(), "node_modules", "grpc-tools", "bin");
  return { protoc: join(bin, "protoc"), grpcPlugin: join(bin, "grpc_node_plugin") };
};

const installProtoc = async (): Promise<StubCompiler> => {
  const [classifier, sha256] = protocs[`${process.platform}-${process.arch}`] ?? [];
  if (classifier === undefined) {
    throw new EngineError("NO_BINARY", `There is no protoc for this platform; ${mavenRemedies.missing}`);
  }
  await installOnce(protocFolder(), async (contents, scratch) => {
    const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
    const artifact = `-Dartifact=com.google.protobuf:protoc:${protocVersion}:exe:${classifier}`;
    await runTool("mvn", ["--batch-mode", "--quiet", goal, artifact, `-DoutputDirectory=${scratch}`], mavenRemedies);
    const [name = ""] = await readdir(scratch);
    const actual = createHash("sha256")
      .update(await readFile(join(scratch, name)))
      .digest("hex");
    if (actual !== sha256) {
      throw new EngineError(
        "CHECKSUM_MISMATCH",
        `${name} has SHA-256 ${actual}, not ${sha256}; it is not used. ${mavenRemedies.failed}`,
      );
    }
    await rename(join(scratch, name), join(contents, "protoc"));
    await chmod(join(contents, "protoc"), 0o755);
  });
  return { protoc: join(protocFolder(), "protoc"), grpcPlugin: undefined };
};
