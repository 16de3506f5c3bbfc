import type { Application } from "../component/application.ts";
import { type Served, type ServeOptions, serve } from "../serve.ts";

/** What a test may set of the options of `serve`. */
export type ServeSettings = Partial<Omit<ServeOptions, "ports" | "log">>;

const limits = {
  maxCalls: 1000,
  maxRequestBytes: 1 << 20,
  maxResponseBytes: 16 << 20,
  giveUpAfterMs: 900_000,
  shutdownMs: 2000,
};

/** Serves on a free port of this machine, with the limits that are in force where none is configured. */
export const serveForTest = (
  application: Application,
  options: Pick<ServeOptions, "ports" | "log">,
  settings: ServeSettings = {},
): Promise<Served> => serve(application, { host: "127.0.0.1", port: 0, ...limits, ...settings, ...options });
