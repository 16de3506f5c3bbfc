import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../engines/project-root.ts";
import type { Application } from "../runtime/component/application.ts";
import type { Config } from "../runtime/config.ts";
import { compileContract } from "../runtime/contract/compile.ts";
import type { MethodModel } from "../runtime/contract/model.ts";
import type { Log } from "../runtime/log.ts";
import { needsOf } from "../runtime/needs.ts";
import { openPorts } from "../runtime/open-ports.ts";
import type { RunningProcess } from "../runtime/run-process.ts";
import { serve } from "../runtime/serve.ts";
import { callableMethods, envoyApplication } from "./envoy-application.ts";
import { envoyDescriptors } from "./envoy-descriptors.ts";
import { startAdmin } from "./publish-admin.ts";
import { startParts } from "./run-parts.ts";
import { naming, startRest } from "./run-rest.ts";
import { whereItListens } from "./what-to-try.ts";

/** Any application in this process, on the engines of the configuration, with Envoy in front. */
export const runApplication = async (application: Application, config: Config, log: Log): Promise<RunningProcess> => {
  const ports = await openPorts(config, log, application.name, needsOf(application));
  return startParts(ports, async (keep) => {
    const served = keep(await serve(application, { ...config, ports, log }).catch(naming("port")));
    const { model } = compileContract(application.descriptors);
    if (config.kafka === "") {
      keep(await startAdmin(config.dataFolder, { bus: ports.bus, explain: served.explain }, log));
    }
    const services = envoyApplication(application, model, served.port);
    const descriptors = await writeDescriptors(application, callableMethods(application, model), config);
    const rest = await startRest(config, { services, descriptors }, log);
    if (rest !== undefined) keep(rest);
    process.stdout.write(whereItListens(application, model, { ...config, restPort: rest?.port, port: served.port }));
  });
};

const writeDescriptors = async (
  { descriptors }: Application,
  methods: readonly MethodModel[],
  { dataFolder }: Config,
): Promise<string> => {
  const folder = join(dataFolder, "envoy");
  const file = join(folder, "descriptors.binpb");
  await mkdir(folder, { recursive: true });
  const others = readFileSync(join(projectRoot(), "gen", "descriptors.binpb"));
  await writeFile(file, envoyDescriptors(descriptors, others, methods));
  return file;
};
