import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { envoyVersion } from "../../engines/envoy/install.ts";
import { kafkaVersion } from "../../engines/kafka/install.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { type Config, readConfig, variables } from "../../runtime/config.ts";
import { type Container, named, useManifests, type Workload } from "./manifests.ts";

const file = (...path: string[]): string => readFileSync(join(projectRoot(), ...path), "utf8");

const ports = { "heartbeat-svc": "heartbeatPort", "state-svc": "statePort", "view-svc": "viewPort" } as const;
type Name = keyof typeof ports;
const names = Object.keys(ports) as readonly Name[];

/** Ports of the endpoints in envoy/clusters/kubernetes.yaml, by cluster, address and all. */
const endpoints = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...file("envoy", "clusters", "kubernetes.yaml").matchAll(/address: ([\w-]+), port_value: (\d+)/g)].map(
      ([, address, port]) => [address, port],
    ),
  );

describe("The manifests agree with the code", () => {
  const manifests = useManifests();
  const workload = (name: string): Workload => named(name, manifests.of("Deployment", "StatefulSet"));
  const container = (name: string): Container => workload(name).spec.template.spec.containers[0] as Container;

  /** The variables that a container has, from its ConfigMaps and its own. */
  const environment = (name: string): Readonly<Record<string, string>> => {
    const { envFrom = [], env = [] } = container(name);
    const maps = envFrom.map(({ configMapRef }) => named(configMapRef.name, manifests.of("ConfigMap")).data ?? {});
    return Object.assign({}, ...maps, ...env.map((each) => ({ [each.name]: each.value })));
  };
  const configOf = (name: Name): Config => readConfig(environment(name));

  for (const name of names) {
    describe(name, () => {
      it("listens where its probes, its Service and Envoy's cluster look for it", () => {
        const port = configOf(name)[ports[name]];
        const { grpc } = container(name).readinessProbe ?? {};
        expect(container(name).ports).to.deep.equal([{ name: "grpc", containerPort: port }]);
        expect(grpc?.port).to.equal(port);
        expect(container(name).livenessProbe?.grpc?.port).to.equal(port);
        expect(named(name, manifests.of("Service")).spec.ports[0]).to.include({ port, targetPort: "grpc" });
        expect(endpoints()[name]).to.equal(String(port));
      });

      it("is behind a headless Service, which gives Envoy the pods themselves", () => {
        expect(named(name, manifests.of("Service")).spec.clusterIP).to.equal("None");
      });

      it("is configured with variables there are, and runs on the mesh's engines", () => {
        const config = configOf(name);
        expect(config.host).to.equal("0.0.0.0");
        expect(config.kafka).to.not.equal("");
        expect(config.mongodb).to.not.equal("");
        const known: string[] = Object.values(variables).map((variable) => variable.name);
        const own = Object.keys(environment(name)).filter((variable) => variable !== "NODE_OPTIONS");
        expect(known).to.include.members(own);
      });

      it("is ready as a whole, and alive whatever its engines do", () => {
        const { startupProbe, readinessProbe, livenessProbe } = container(name);
        expect(readinessProbe?.grpc?.service ?? "").to.equal("");
        expect(livenessProbe?.grpc?.service).to.equal("liveness");
        expect(startupProbe?.grpc?.service).to.equal("liveness");
      });

      it("has the time to stop in order", () => {
        const { terminationGracePeriodSeconds: grace } = workload(name).spec.template.spec;
        const sleep = container(name).lifecycle?.preStop?.sleep.seconds ?? 0;
        expect(sleep).to.be.above(0);
        // runProcess gives up 5 s after the deadline.
        expect(grace).to.be.above(sleep + configOf(name).shutdownMs / 1000 + 5);
      });

      it("leaves memory beside Node's heap", () => {
        const heap = Number(/^--max-old-space-size=(\d+)$/.exec(environment(name).NODE_OPTIONS ?? "")?.[1]);
        const { memory } = container(name).resources.limits;
        const limit = Number.parseInt(memory ?? "", 10) * (memory?.endsWith("Gi") ? 1024 : 1);
        expect(heap / limit).to.be.within(0.5, 0.8);
      });

      it("starts the main of this service, from the image of this version", () => {
        const { version } = JSON.parse(file("package.json")) as { version: string };
        expect(container(name).args).to.deep.equal([`dist/${name}/main.js`]);
        expect(file(name, "main.ts")).to.contain("runService");
        expect(container(name).image).to.equal(`rollcall:${version}`);
      });
    });
  }

  it("every Service leads to a pod with the port", () => {
    for (const { metadata, spec } of manifests.of("Service")) {
      const { labels } = workload(metadata.name).spec.template.metadata;
      expect(labels, metadata.name).to.include(spec.selector);
      const open = container(metadata.name).ports ?? [];
      for (const { port, targetPort } of spec.ports) {
        const found = open.find((each) => each.name === targetPort);
        expect(found?.containerPort, metadata.name).to.equal(port);
      }
    }
  });

  it("engines are where the services look for them", () => {
    const config = configOf("heartbeat-svc");
    const broker = named("kafka", manifests.of("Service"));
    expect(config.kafka).to.equal(`${broker.metadata.name}:${broker.spec.ports[0]?.port}`);
    const { MONGODB_MEMBER, MONGODB_REPLICA_SET } = environment("mongodb");
    expect(config.mongodb).to.equal(`mongodb://${MONGODB_MEMBER}/?replicaSet=${MONGODB_REPLICA_SET}`);
    expect(MONGODB_MEMBER).to.equal(`mongodb-0.${workload("mongodb").spec.serviceName}:27017`);
    expect(workload("kafka").spec.serviceName).to.equal(broker.metadata.name);
    expect(config.kafkaReplication).to.equal(workload("kafka").spec.replicas);
  });

  it("engines are of the versions the tests run on", () => {
    expect(container("envoy").image).to.equal(`envoyproxy/envoy:v${envoyVersion}`);
    expect(container("kafka").image).to.equal(`apache/kafka:${kafkaVersion}`);
  });
});
