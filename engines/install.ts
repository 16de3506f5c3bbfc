import { EngineError } from "./engine-error.ts";
import { installEnvoy } from "./envoy/install.ts";
import { installGrpcurl } from "./grpcurl/install.ts";
import { installKafka } from "./kafka/install.ts";
import { prepareKafka } from "./kafka/prepare.ts";
import { installKubectl } from "./kubectl/install.ts";
import { installKubernetesValidate } from "./kubernetes-validate/install.ts";
import { installMongod } from "./mongodb/install.ts";
import { installStubCompiler } from "./stubs/compilers.ts";

const engines: Readonly<Record<string, () => Promise<string>>> = {
  envoy: installEnvoy,
  kafka: async () => {
    const home = await installKafka();
    await prepareKafka(home);
    return home;
  },
  mongodb: installMongod,
  grpcurl: installGrpcurl,
  kubectl: installKubectl,
  "kubernetes-validate": installKubernetesValidate,
  protoc: async () => (await installStubCompiler()).protoc,
};

const installAll = async (names: readonly string[]): Promise<void> => {
  for (const name of names) {
    const install = engines[name];
    if (install === undefined) {
      throw new EngineError(
        "NO_BINARY",
        `There is no engine "${name}"; there are: ${Object.keys(engines).join(", ")}.`,
      );
    }
    process.stdout.write(`${name}: ${await install()}\n`);
  }
};

const named = process.argv.slice(2);
try {
  await installAll(named.length > 0 ? named : Object.keys(engines));
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
