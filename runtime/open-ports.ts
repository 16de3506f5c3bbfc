import { openSqlitePorts } from "./adapters/sqlite/ports.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { Ports } from "./ports.ts";

/** The ports of the way of running that the configuration asks for. */
export const openPorts = async ({ dataFolder, synchronous }: Config, _log: Log): Promise<Ports> =>
  openSqlitePorts({ folder: dataFolder, synchronous });
