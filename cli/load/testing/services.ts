import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../engines/project-root.ts";
import { heartbeatService } from "../../../heartbeat-svc/service.ts";
import { openSqlitePorts } from "../../../runtime/adapters/sqlite/ports.ts";
import { createLog } from "../../../runtime/log.ts";
import { serve } from "../../../runtime/serve.ts";
import { stateService } from "../../../state-svc/service.ts";
import { viewService } from "../../../view-svc/service.ts";

export type RunningServices = { readonly heartbeat: number; readonly view: number; close(): Promise<void> };

/** The three services in this process, for a test to load. Port 0 takes a free one. */
export const startServices = async (
  folder: string,
  at: { readonly heartbeat: number; readonly view: number } = { heartbeat: 0, view: 0 },
): Promise<RunningServices> => {
  const descriptors = readFileSync(join(projectRoot(), "gen", "descriptors.binpb"));
  const ports = openSqlitePorts({ folder });
  const options = {
    ports,
    host: "127.0.0.1",
    log: createLog("warn"),
    maxCalls: 10_000,
    maxRequestBytes: 1 << 20,
    maxResponseBytes: 1 << 24,
    giveUpAfterMs: 60_000,
    shutdownMs: 2000,
  };
  const heartbeat = await serve(heartbeatService(descriptors), { ...options, port: at.heartbeat });
  const state = await serve(stateService(descriptors), { ...options, port: 0 });
  const view = await serve(viewService(descriptors), { ...options, port: at.view });
  return {
    heartbeat: heartbeat.port,
    view: view.port,
    async close() {
      for (const service of [view, state, heartbeat]) await service.close();
      await ports.close();
    },
  };
};
