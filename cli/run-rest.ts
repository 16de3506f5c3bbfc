import { join } from "node:path";
import { EngineError } from "../engines/engine-error.ts";
import type { EnvoyConfigOptions } from "../engines/envoy/config.ts";
import { installEnvoy } from "../engines/envoy/install.ts";
import { startEnvoy } from "../engines/envoy/start.ts";
import { type Config, variables } from "../runtime/config.ts";
import { MeshError } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Closing } from "./run-parts.ts";

type Fronted = Pick<EnvoyConfigOptions, "services" | "descriptors">;

/** Puts Envoy in front. Without it the gRPC ports still serve, so only a port that is taken ends the start. */
export const startRest = async (
  { host, restPort, dataFolder }: Config,
  fronted: Fronted,
  log: Log,
): Promise<(Closing & { readonly port: number }) | undefined> => {
  try {
    return await startEnvoy({
      binary: await installEnvoy(),
      workDir: join(dataFolder, "envoy"),
      host,
      port: restPort,
      ...fronted,
      log: (line) => log.error({ engine: "envoy" }, line),
    });
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
