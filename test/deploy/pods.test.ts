import { expect } from "chai";
import {
  type ConfigMapSource,
  type Container,
  containersOf,
  named,
  type Probe,
  useManifests,
  type Volume,
  type Workload,
} from "./manifests.ts";

const mebibytes = (quantity: string | undefined): number => {
  const [, number, unit] = /^(\d+)([MG])i$/.exec(quantity ?? "") ?? [];
  if (number === undefined) throw new Error(`${quantity} is not written in Mi or Gi`);
  return Number(number) * (unit === "G" ? 1024 : 1);
};

const probesOf = ({ startupProbe, readinessProbe, livenessProbe }: Container): readonly Probe[] => {
  expect(startupProbe).to.not.equal(undefined);
  return [startupProbe, readinessProbe, livenessProbe] as readonly Probe[];
};

const sourcesOf = ({ configMap, projected }: Volume): readonly ConfigMapSource[] => [
  ...(configMap === undefined ? [] : [configMap]),
  ...(projected?.sources.map((source) => source.configMap) ?? []),
];

describe("Each pod", () => {
  const manifests = useManifests();

  /** The same for every workload, named when it fails. */
  const each = (claim: string, check: (workload: Workload, name: string) => void): void => {
    it(claim, () => {
      const workloads = manifests.of("Deployment", "StatefulSet");
      expect(workloads).to.have.length(6);
      for (const workload of workloads) check(workload, workload.metadata.name);
    });
  };

  each("runs as somebody without rights, on a file system it cannot change", (workload, name) => {
    const { securityContext } = workload.spec.template.spec;
    expect(securityContext, name).to.deep.include({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(securityContext.runAsUser, name).to.be.above(0);
    for (const container of containersOf(workload)) {
      expect(container.securityContext, container.name).to.deep.equal({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  each("has an account without a token, and no variables made of Service names", (workload, name) => {
    const { serviceAccountName, automountServiceAccountToken, enableServiceLinks } = workload.spec.template.spec;
    expect(serviceAccountName).to.equal(name);
    expect(automountServiceAccountToken, name).to.equal(false);
    expect(enableServiceLinks, name).to.equal(false);
    named(serviceAccountName, manifests.of("ServiceAccount"));
  });

  each("asks for the memory it may have, and for CPU", (workload, name) => {
    for (const { resources } of containersOf(workload)) {
      expect(resources.limits.memory, name).to.equal(resources.requests.memory);
      expect(mebibytes(resources.limits.memory), name).to.be.at.least(64);
      expect(resources.requests.cpu, name).to.match(/^\d+m$/);
    }
  });

  each("has an image with a version", (workload) => {
    for (const { image } of containersOf(workload)) expect(image).to.match(/^[a-z/]+:v?\d+\.\d+(\.\d+)?$/);
  });

  each("is found by its selector, and spread by its own labels", ({ spec }, name) => {
    const { labels } = spec.template.metadata;
    expect(spec.selector.matchLabels).to.deep.equal({ "app.kubernetes.io/name": name });
    expect(labels, name).to.include(spec.selector.matchLabels);
    const spread = spec.template.spec.topologySpreadConstraints ?? [];
    if (spec.replicas > 1) expect(spread, name).to.not.be.empty;
    for (const { labelSelector } of spread) {
      expect(labelSelector.matchLabels, name).to.deep.equal(spec.selector.matchLabels);
    }
  });

  each("is probed at ports it has", ({ spec }, name) => {
    for (const container of spec.template.spec.containers) {
      const ports = (container.ports ?? []).flatMap((port) => [port.name, port.containerPort]);
      for (const probe of probesOf(container)) {
        expect(ports, name).to.include(probe.grpc?.port ?? probe.tcpSocket?.port);
      }
    }
  });

  each("mounts volumes that are there, each of them, and may write to /tmp", ({ spec }, name) => {
    const { containers, volumes } = spec.template.spec;
    const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
    const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts ?? []);
    const there = [...volumes.map((volume) => volume.name), ...claims];
    expect(mounts.map((mount) => mount.name)).to.have.members(there);
    const tmp = mounts.find(({ mountPath }) => mountPath === "/tmp");
    expect(volumes.find((volume) => volume.name === tmp?.name)?.emptyDir, name).to.not.equal(undefined);
  });

  each("refers to ConfigMaps and keys that are there", (workload, name) => {
    for (const { envFrom = [] } of containersOf(workload)) {
      for (const { configMapRef } of envFrom) named(configMapRef.name, manifests.of("ConfigMap"));
    }
    for (const source of workload.spec.template.spec.volumes.flatMap(sourcesOf)) {
      const { data, binaryData } = named(source.name, manifests.of("ConfigMap"));
      const keys = Object.keys({ ...data, ...binaryData });
      for (const { key } of source.items ?? []) expect(keys, name).to.include(key);
      // What changes must have another name, or no pod would notice.
      expect(source.name, name).to.match(/-[a-z0-9]{10}$/);
    }
  });

  each("is never fewer than before in a rollout", ({ kind, spec }, name) => {
    if (kind === "Deployment") expect(spec.strategy?.rollingUpdate.maxUnavailable, name).to.equal(0);
  });

  it("of which there are several may be taken one at a time", () => {
    const several = manifests.of("Deployment");
    expect(manifests.of("PodDisruptionBudget")).to.have.length(several.length);
    for (const { metadata, spec } of several) {
      const budget = named(metadata.name, manifests.of("PodDisruptionBudget"));
      expect(spec.replicas, metadata.name).to.be.at.least(2);
      expect(budget.spec.maxUnavailable, metadata.name).to.equal(1);
      expect(budget.spec.selector.matchLabels).to.deep.equal(spec.selector.matchLabels);
    }
  });
});
