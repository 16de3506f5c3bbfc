import { expect } from "chai";
import { checkManifests } from "../../engines/kubernetes-validate/check.ts";
import { renderChecked, useManifests } from "./manifests.ts";

/** kubectl apply keeps what it applied in an annotation, and all annotations of an object may have 256 KiB. */
const annotationLimit = 256 * 1024;

describe("The rendered manifests", () => {
  const manifests = useManifests();

  it("fit the strict schemas of Kubernetes, every one", async () => {
    const checked = await renderChecked();
    expect(checked.flatMap(({ problems }) => problems)).to.deep.equal([]);
    expect(checked).to.have.lengthOf.above(20);
  });

  it("are checked by schemas that find a misspelt field and a misspelt kind", async function () {
    this.timeout(30_000);
    const metadata = "metadata: { name: a }";
    const wrong = [
      `{ apiVersion: v1, kind: Service, ${metadata}, spec: { cluserIP: None } }`,
      `{ apiVersion: v1, kind: Servise, ${metadata} }`,
      `{ apiVersion: policy/v1, kind: PodDisruptionBudget, ${metadata}, spec: { maxUnavailable: [1] } }`,
    ];
    const checked = await checkManifests(wrong.join("\n---\n"), ["1.37"]);
    const [field, kind, type] = checked.map(({ problems }) => problems.join());
    expect(field).to.contain("cluserIP");
    expect(kind).to.contain("Servise");
    expect(type).to.contain("maxUnavailable");
  });

  it("are all in the namespace, which refuses pods with more rights", () => {
    const namespaces = manifests.of("Namespace");
    expect(namespaces).to.have.length(1);
    expect(namespaces[0]?.metadata.labels).to.include({ "pod-security.kubernetes.io/enforce": "restricted" });
    for (const { kind, metadata } of manifests.all()) {
      if (kind !== "Namespace") expect(metadata.namespace, metadata.name).to.equal(namespaces[0]?.metadata.name);
    }
  });

  it("have names of their own", () => {
    const names = manifests.all().map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).to.equal(names.length);
  });

  it("are each small enough for kubectl apply", () => {
    for (const manifest of manifests.all()) {
      expect(JSON.stringify(manifest).length, manifest.metadata.name).to.be.below(annotationLimit);
    }
  });
});
