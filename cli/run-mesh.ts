import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../engines/project-root.ts";
import { heartbeatOptions, heartbeatService } from "../heartbeat-svc/service.ts";
import { openSqlitePorts } from "../runtime/adapters/sqlite/ports.ts";
import type { Application } from "../runtime/component/application.ts";
import type { Config } from "../runtime/config.ts";
import type { Log } from "../runtime/log.ts";
import type { RunningProcess } from "../runtime/run-process.ts";
import { type Served, serve } from "../runtime/serve.ts";
import { stateService } from "../state-svc/service.ts";
import { viewService } from "../view-svc/service.ts";
import { startAdmin } from "./publish-admin.ts";
import { startParts } from "./run-parts.ts";
import { naming, startRest } from "./run-rest.ts";
import { whatToTry } from "./what-to-try.ts";

/** The three services in this process, on the embedded store, with Envoy in front. */
export const runMesh = (config: Config, log: Log): Promise<RunningProcess> => {
  const ports = openSqlitePorts({ folder: config.dataFolder, synchronous: config.synchronous });
  return startParts(ports, async (keep) => {
    const descriptors = readFileSync(join(projectRoot(), "gen", "descriptors.binpb"));
    const start = async (application: Application, port: "heartbeatPort" | "statePort" | "viewPort"): Promise<Served> =>
      keep(await serve(application, { ...config, ports, port: config[port], log }).catch(naming(port)));
    const heartbeat = await start(heartbeatService(descriptors, heartbeatOptions(config)), "heartbeatPort");
    const state = await start(stateService(descriptors, { graceMs: config.leaveGraceMs }), "statePort");
    const view = await start(viewService(descriptors), "viewPort");
    keep(await startAdmin(config.dataFolder, { bus: ports.bus, explain: view.explain }, log));
    const services = { heartbeat: heartbeat.port, state: state.port, view: view.port };
    const rest = await startRest(config, { services }, log);
    if (rest !== undefined) keep(rest);
    process.stdout.write(whatToTry({ host: config.host, restPort: rest?.port, services }));
  });
};
