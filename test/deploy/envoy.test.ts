import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "chai";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { runTool } from "../support/run-tool.ts";
import { type ConfigMap, type Container, named, useManifests } from "./manifests.ts";

const read = (...path: string[]): Promise<Buffer> => readFile(join(projectRoot(), ...path));

describe("The pod of Envoy", () => {
  const manifests = useManifests();
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-envoy-pod-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const contentOf = ({ data, binaryData }: ConfigMap, key: string): Buffer => {
    const encoded = binaryData?.[key];
    return encoded === undefined ? Buffer.from(data?.[key] ?? "") : Buffer.from(encoded, "base64");
  };

  /** What is below the mount path, as the volume of the rendered manifests puts it there. */
  const mounted = (): ReadonlyMap<string, Buffer> => {
    const { volumes } = named("envoy", manifests.of("Deployment")).spec.template.spec;
    const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
    return new Map(
      sources.flatMap(({ configMap }) =>
        (configMap.items ?? []).map(({ key, path }): [string, Buffer] => [
          path,
          contentOf(named(configMap.name, manifests.of("ConfigMap")), key),
        ]),
      ),
    );
  };

  const container = (): Container =>
    named("envoy", manifests.of("Deployment")).spec.template.spec.containers[0] as Container;

  it("has the files of this repository, byte for byte", async () => {
    const files = mounted();
    expect([...files.keys()]).to.have.members(["envoy.yaml", "clusters/kubernetes.yaml", "descriptors.binpb"]);
    for (const [path, content] of files) expect(content.equals(await read("envoy", path)), path).to.equal(true);
  });

  it("knows the protos as they are, without their comments", async () => {
    const set = fromBinary(FileDescriptorSetSchema, await read("gen", "descriptors.binpb"));
    for (const file of set.file) delete file.sourceCodeInfo;
    const slim = fromBinary(FileDescriptorSetSchema, await read("envoy", "descriptors.binpb"));
    const same = Buffer.from(toBinary(FileDescriptorSetSchema, slim)).equals(toBinary(FileDescriptorSetSchema, set));
    expect(same, "envoy/descriptors.binpb is not what make gen makes").to.equal(true);
  });

  it("starts Envoy with options and files that this Envoy takes", async function () {
    this.timeout(120_000);
    const { command = [], args = [], volumeMounts = [] } = container();
    expect(command).to.deep.equal(["envoy"]);
    expect(volumeMounts).to.deep.include({ name: "config", mountPath: "/etc/envoy", readOnly: true });
    for (const [path, content] of mounted()) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      // Only where the files are differs from the pod.
      const isText = path.endsWith(".yaml");
      await writeFile(join(folder, path), isText ? `${content}`.replaceAll("/etc/envoy", folder) : content);
    }
    const own = args.map((arg) => arg.replace("/etc/envoy", folder));
    const { code, out, err } = await runTool(await installEnvoy(), [...own, "--mode", "validate"]);
    expect(code, err).to.equal(0);
    expect(out + err).to.contain("OK");
  });

  it("gives out the port that the listener has", async () => {
    const listener = /address: 0\.0\.0\.0, port_value: (\d+)/.exec((await read("envoy", "envoy.yaml")).toString())?.[1];
    expect(container().ports).to.deep.equal([{ name: "http", containerPort: Number(listener) }]);
    expect(named("envoy", manifests.of("Service")).spec.ports[0]?.port).to.equal(Number(listener));
  });
});
