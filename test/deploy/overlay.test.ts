import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { installKubectl } from "../../engines/kubectl/install.ts";
import { checkManifests } from "../../engines/kubernetes-validate/check.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { runTool } from "../support/run-tool.ts";
import type { ConfigMap, Manifest, Workload } from "./manifests.ts";

describe("docs/kubernetes.md", function () {
  this.timeout(180_000);
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-overlay-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("shows a kustomization that puts other engines in the place of ours", async () => {
    const page = await readFile(join(projectRoot(), "docs", "kubernetes.md"), "utf8");
    const [, block = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    for (const name of ["k8s", "envoy"]) {
      await cp(join(projectRoot(), name), join(folder, "rollcall", name), { recursive: true });
    }
    await mkdir(join(folder, "mesh"));
    await writeFile(join(folder, "mesh", "kustomization.yaml"), block);

    const { code, out, err } = await runTool(await installKubectl(), ["kustomize", join(folder, "mesh")]);
    expect(code, err).to.equal(0);
    const checked = await checkManifests(out, ["1.37"]);
    expect(checked.flatMap(({ problems }) => problems)).to.deep.equal([]);

    const manifests = checked.map(({ manifest }) => manifest as Manifest);
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names.filter((name) => /\/(kafka|mongodb)/.test(name))).to.deep.equal([]);
    const config = manifests.find((each): each is ConfigMap => /^rollcall-/.test(each.metadata.name));
    expect(config?.data).to.include({ ROLLCALL_KAFKA_REPLICATION: "3", ROLLCALL_HOST: "0.0.0.0" });
    const services = manifests.filter((each): each is Workload => each.metadata.name.endsWith("-svc"));
    for (const { kind, spec } of services.filter((each) => each.kind === "Deployment")) {
      const [container] = spec.template.spec.containers;
      expect(container?.image, kind).to.equal("example/rollcall:0.1.0");
      expect(container?.env?.map(({ name }) => name)).to.deep.equal(["NODE_OPTIONS", "ROLLCALL_MONGODB"]);
    }
  });
});
