import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";
import { installStubCompiler } from "./compilers.ts";

const run = promisify(execFile);

type Manifest = { readonly dependencies: Readonly<Record<string, string>> };

const readManifest = async (file: string): Promise<Manifest> => JSON.parse(await readFile(file, "utf8")) as Manifest;

const ours = (...names: readonly string[]): string => join(projectRoot(), "engines", "stubs", ...names);

/** The folder with `node_modules` of the plugin that writes types, and of what the stubs themselves need. */
const installTools = async (): Promise<string> => {
  const { dependencies } = await readManifest(ours("tools", "package.json"));
  const target = join(projectRoot(), ".engines", `stub-tools-${dependencies["ts-protoc-gen"]}`);
  await installOnce(target, async (contents) => {
    for (const name of ["package.json", "package-lock.json"]) await copyFile(ours("tools", name), join(contents, name));
    const remedies = {
      missing: "Install Node with npm.",
      failed: "Try again when the package registry can be reached.",
    };
    await runTool("npm", ["ci", "--prefix", contents, "--ignore-scripts", "--no-audit", "--no-fund"], remedies);
  });
  return target;
};

/** Ours is TypeScript, and protoc starts a program. */
const ownPlugin = async (scratch: string): Promise<string> => {
  const program = join(scratch, "protoc-gen-grpc-js");
  const root = projectRoot();
  const command = `cd '${root}' && exec '${process.execPath}' --import tsx '${ours("protoc-gen-grpc-js.ts")}'`;
  await writeFile(program, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return program;
};

const filesOf = async (descriptors: string): Promise<readonly string[]> =>
  fromBinary(FileDescriptorSetSchema, await readFile(descriptors))
    .file.map(({ name }) => name)
    // They come with the package google-protobuf.
    .filter((name) => !name.startsWith("google/protobuf/"));

const compile = async (out: string, tools: string, scratch: string): Promise<void> => {
  const { protoc, grpcPlugin } = await installStubCompiler();
  const descriptors = join(projectRoot(), "gen", "descriptors.binpb");
  const options = [
    `--descriptor_set_in=${descriptors}`,
    `--js_out=import_style=commonjs,binary:${out}`,
    `--plugin=protoc-gen-ts=${join(tools, "node_modules", ".bin", "protoc-gen-ts")}`,
    `--ts_out=service=grpc-node,mode=grpc-js:${out}`,
    `--plugin=protoc-gen-grpc=${grpcPlugin ?? (await ownPlugin(scratch))}`,
    `--grpc_out=grpc_js:${out}`,
  ];
  await run(protoc, [...options, ...(await filesOf(descriptors))]).catch((cause: unknown) => {
    throw new EngineError("INVALID_FILE", `${protoc} cannot compile ${descriptors}: ${cause}`, { cause });
  });
};

/** Makes `folder` a package of classic client stubs: `*_pb.js`, `*_grpc_pb.js`, and their types. */
export const buildStubs = async (folder: string): Promise<void> => {
  const tools = await installTools();
  const scratch = await mkdtemp(join(tmpdir(), "rollcall-stubs-"));
  try {
    const out = join(scratch, "out");
    await mkdir(out);
    await compile(out, tools, scratch);
    const { dependencies } = await readManifest(ours("tools", "package.json"));
    const grpcJs = (await readManifest(join(projectRoot(), "package.json"))).dependencies["@grpc/grpc-js"];
    const manifest = {
      name: "rollcall-stubs",
      private: true,
      type: "commonjs",
      dependencies: { "google-protobuf": dependencies["google-protobuf"] },
      // The caller's own: channels and credentials are of one copy of it.
      peerDependencies: { "@grpc/grpc-js": grpcJs },
    };
    await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
    for (const name of ["google-protobuf", "@types/google-protobuf"]) {
      await cp(join(tools, "node_modules", name), join(out, "node_modules", name), { recursive: true });
    }
    await rm(folder, { recursive: true, force: true });
    await cp(out, folder, { recursive: true });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
