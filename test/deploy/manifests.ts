import { installKubectl } from "../../engines/kubectl/install.ts";
import { type CheckedManifest, checkManifests } from "../../engines/kubernetes-validate/check.ts";
import { runTool } from "../support/run-tool.ts";

type Labels = Readonly<Record<string, string>>;
type Metadata = { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
type Port = number | string;

export type Probe = {
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly tcpSocket?: { readonly port: Port };
};

export type Container = {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
};

export type ConfigMapSource = {
  readonly name: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
};

export type Volume = {
  readonly name: string;
  readonly emptyDir?: unknown;
  readonly configMap?: ConfigMapSource;
  readonly projected?: { readonly sources: readonly { readonly configMap: ConfigMapSource }[] };
};

export type PodSpec = {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly topologySpreadConstraints?: readonly { readonly labelSelector: { readonly matchLabels: Labels } }[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
};

/** A Deployment or a StatefulSet. */
export type Workload = {
  readonly kind: "Deployment" | "StatefulSet";
  readonly metadata: Metadata;
  readonly spec: {
    readonly replicas: number;
    readonly serviceName?: string;
    readonly strategy?: { readonly rollingUpdate: { readonly maxUnavailable: number } };
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly volumeClaimTemplates?: readonly { readonly metadata: Metadata }[];
  };
};

export type Service = {
  readonly kind: "Service";
  readonly metadata: Metadata;
  readonly spec: {
    readonly clusterIP?: string;
    readonly selector: Labels;
    readonly ports: readonly { readonly port: number; readonly targetPort: Port }[];
  };
};

export type ConfigMap = {
  readonly kind: "ConfigMap";
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
};

export type DisruptionBudget = {
  readonly kind: "PodDisruptionBudget";
  readonly metadata: Metadata;
  readonly spec: { readonly maxUnavailable: number; readonly selector: { readonly matchLabels: Labels } };
};

type Plain<Kind> = { readonly kind: Kind; readonly metadata: Metadata };

type ByKind = {
  Deployment: Workload;
  StatefulSet: Workload;
  Service: Service;
  ConfigMap: ConfigMap;
  PodDisruptionBudget: DisruptionBudget;
  Namespace: Plain<"Namespace">;
  ServiceAccount: Plain<"ServiceAccount">;
};

export type Manifest = ByKind[keyof ByKind];

/** The oldest Kubernetes with all that the manifests use, and the newest there are schemas of. */
const versions = ["1.30", "1.37"];

let rendered: Promise<readonly CheckedManifest[]> | undefined;

/** What `kubectl apply -k k8s` would send, with what the schemas say of it; rendered once a run. */
export const renderChecked = (): Promise<readonly CheckedManifest[]> => {
  rendered ??= (async () => {
    const { code, out, err } = await runTool(await installKubectl(), ["kustomize", "k8s"]);
    if (code !== 0) throw new Error(`kubectl cannot render k8s/:\n${err}`);
    return checkManifests(out, versions);
  })();
  return rendered;
};

export type Manifests = {
  all(): readonly Manifest[];
  of<Kind extends keyof ByKind>(...kinds: readonly Kind[]): readonly ByKind[Kind][];
};

/** The rendered manifests, filled in before the tests of the suite it is called in. */
export const useManifests = (): Manifests => {
  let all: readonly Manifest[] = [];
  before(async function () {
    // The first run downloads kubectl and the schemas.
    this.timeout(180_000);
    // That they have these shapes is what the schemas say.
    all = (await renderChecked()).map(({ manifest }) => manifest as Manifest);
  });
  return {
    all: () => all,
    of: <Kind extends keyof ByKind>(...kinds: readonly Kind[]) =>
      all.filter((manifest): manifest is ByKind[Kind] => kinds.some((kind) => kind === manifest.kind)),
  };
};

/** The one with this name; throws when there is none. */
export const named = <T extends { readonly metadata: Metadata }>(name: string, manifests: readonly T[]): T => {
  const found = manifests.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

export const containersOf = ({ spec }: Workload): readonly Container[] => [
  ...(spec.template.spec.initContainers ?? []),
  ...spec.template.spec.containers,
];
