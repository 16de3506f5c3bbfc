import type { Application } from "./component/application.ts";
import { type Config, readConfig } from "./config.ts";
import { MeshError } from "./errors.ts";
import { createLog } from "./log.ts";
import { needsOf } from "./needs.ts";
import { openPorts } from "./open-ports.ts";
import { runProcess } from "./run-process.ts";

export type RunServiceOptions = {
  /** The gRPC port, when the environment does not move it. */
  readonly port: number | ((config: Config) => number);
};

/** The whole of a service's main: reads the configuration, serves, and stops in order on a signal. */
export const runService = async (
  of: Application | ((config: Config) => Application),
  { port }: RunServiceOptions,
): Promise<void> => {
  const config = configOrExit();
  const application = typeof of === "function" ? of(config) : of;
  const log = createLog(config.logLevel);
  await runProcess({
    log,
    shutdownMs: config.shutdownMs,
    onFailure: complain,
    async start() {
      // Loaded here, as commands that only read the configuration load this file, too.
      const { serve } = await import("./serve.ts");
      const ports = await openPorts(config, log, application.name, needsOf(application));
      try {
        const served = await serve(application, {
          ...config,
          ports,
          port: typeof port === "number" ? port : port(config),
          log,
        });
        return { close: () => served.close().finally(ports.close) };
      } catch (error) {
        await ports.close();
        throw error;
      }
    },
  });
};

/** The configuration, or a process that ends with all that is wrong in it. */
export const configOrExit = (): Config => {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
    complain(error.text);
    process.exit(1);
  }
};

export const complain = (text: string): void => {
  process.stderr.write(`rollcall: ${text}\n`);
};
