import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import type { Application } from "../../runtime/component/application.ts";
import type { Ports } from "../../runtime/ports.ts";
import { type Served, type ServeOptions, serve } from "../../runtime/serve.ts";
import { type RecordingLog, recordingLog } from "./recording-log.ts";

const limits = {
  maxCalls: 1000,
  maxRequestBytes: 1 << 20,
  maxResponseBytes: 16 << 20,
  giveUpAfterMs: 900_000,
  shutdownMs: 2000,
};

/** What a test may set of the options of `serve`. */
export type ServeSettings = Partial<Omit<ServeOptions, "ports" | "log">>;

/** Ports of an embedded store in memory, and what was served on them; `close` ends all of it. */
export type TestBench = {
  readonly ports: Ports;
  readonly log: RecordingLog;
  /** Serves on a free port; `ports` may be decorated for one application. */
  serve(application: Application, settings?: ServeSettings, ports?: Ports): Promise<Served>;
  close(): Promise<void>;
};

export const openTestBench = (ports: Ports = openSqlitePorts({ folder: ":memory:" })): TestBench => {
  const log = recordingLog();
  const served = new Set<Served>();
  return {
    ports,
    log,
    async serve(application, settings = {}, own = ports) {
      const started = await serve(application, { host: "127.0.0.1", port: 0, ...limits, ...settings, ports: own, log });
      const close = async (): Promise<void> => {
        if (served.delete(handle)) await started.close();
      };
      const handle = { ...started, close };
      served.add(handle);
      return handle;
    },
    async close() {
      await Promise.all([...served].map((each) => each.close()));
      await ports.close();
    },
  };
};
