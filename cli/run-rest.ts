import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../engines/engine-error.ts";
import type { EnvoyConfigOptions } from "../engines/envoy/config.ts";
import { installEnvoy } from "../engines/envoy/install.ts";
import { type RunningEnvoy, startEnvoy } from "../engines/envoy/start.ts";
import { type Config, variables } from "../runtime/config.ts";
import { MeshError } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Closing } from "./run-parts.ts";

type Fronted = Pick<EnvoyConfigOptions, "services" | "descriptors">;

const firstBackoffMs = 100;
const lastBackoffMs = 10_000;

/**
 * Puts Envoy in front, and starts it again where it ends. Without it the gRPC ports still serve, so only a port that is
 * taken ends the start.
 */
export const startRest = async (
  { host, restPort, dataFolder }: Config,
  fronted: Fronted,
  log: Log,
): Promise<(Closing & { readonly port: number }) | undefined> => {
  const closing = new AbortController();
  let backoff = firstBackoffMs;

  const start = async (port: number): Promise<RunningEnvoy> => {
    const envoy = await startEnvoy({
      binary: await installEnvoy(),
      workDir: join(dataFolder, "envoy"),
      host,
      port,
      ...fronted,
      log: (line) => log.error({ engine: "envoy" }, line),
      onEnd: () => {
        current = startAgain(envoy.port);
      },
    });
    return envoy;
  };

  const startAgain = async (port: number): Promise<RunningEnvoy | undefined> => {
    while (!closing.signal.aborted) {
      await delay(backoff, undefined, { signal: closing.signal }).catch(() => undefined);
      backoff = Math.min(backoff * 2, lastBackoffMs);
      if (closing.signal.aborted) break;
      try {
        const envoy = await start(port);
        log.info({ engine: "envoy" }, "Envoy was started again; REST is on");
        return envoy;
      } catch (error) {
        log.error({ engine: "envoy", error, retryInMs: backoff }, "Envoy could not be started again");
      }
    }
    return undefined;
  };

  let current: Promise<RunningEnvoy | undefined>;
  try {
    const first = await start(restPort);
    current = Promise.resolve(first);
    const { port } = first;
    return {
      port,
      async close() {
        closing.abort();
        await (await current)?.close();
      },
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === "PORT_IN_USE") throw new MeshError("PORT_IN_USE", error.message, { cause: error });
    log.warn(`REST is off, gRPC serves: ${error.message}`);
    return undefined;
  }
};

/** A port that is taken is told with the variable that moves it. */
export const naming =
  (key: keyof typeof variables) =>
  (error: unknown): never => {
    if (!(error instanceof MeshError) || error.code !== "PORT_IN_USE") throw error;
    throw new MeshError("PORT_IN_USE", `${error.text}, with ${variables[key].name}`, { cause: error });
  };
