import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import type { Application } from "../../runtime/component/application.ts";
import type { Ports } from "../../runtime/ports.ts";
import type { Served } from "../../runtime/serve.ts";
import { type RecordingLog, recordingLog } from "../../runtime/testkit/recording-log.ts";
import { type ServeSettings, serveForTest } from "../../runtime/testkit/serve-for-test.ts";

export type { ServeSettings } from "../../runtime/testkit/serve-for-test.ts";

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
      const started = await serveForTest(application, { ports: own, log }, settings);
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
