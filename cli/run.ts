import type { Command } from "commander";
import { createLog } from "../runtime/log.ts";
import { runProcess } from "../runtime/run-process.ts";
import { complain, configOrExit } from "../runtime/run-service.ts";
import { BadCall } from "./bad-call.ts";
import { loadService } from "./load-service.ts";
import { runApplication } from "./run-application.ts";
import { runMesh } from "./run-mesh.ts";

/** Adds `rollcall run`. It goes on until a signal ends it; 2 when there is nothing to run, 1 when a start fails. */
export const registerRun = (program: Command): void => {
  program
    .command("run")
    .description("start the three services, or the one of a folder, in this process, with Envoy in front")
    .argument("[folder]", "with service.ts and gen/, as rollcall init writes it; the three services when left out")
    .action(async (folder: string | undefined) => {
      const config = configOrExit();
      const log = createLog(config.logLevel);
      try {
        const application = folder === undefined ? undefined : await loadService(folder);
        const start = () =>
          application === undefined ? runMesh(config, log) : runApplication(application, config, log);
        await runProcess({ start, log, shutdownMs: config.shutdownMs, onFailure: complain });
      } catch (error) {
        if (!(error instanceof BadCall)) throw error;
        process.stderr.write(`error: ${error.message}\n`);
        process.exitCode = 2;
      }
    });
};
