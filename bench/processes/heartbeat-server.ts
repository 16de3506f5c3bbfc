// heartbeat-svc on the embedded store, as `rollcall run` serves it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../engines/project-root.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import { createLog } from "../../runtime/log.ts";
import { serve } from "../../runtime/serve.ts";
import { keepYoung } from "../../runtime/young-heap.ts";
import { answerParent, startCounting } from "./answer-parent.ts";

keepYoung();
const { port } = await serve(heartbeatService(readFileSync(join(projectRoot(), "gen", "descriptors.binpb"))), {
  ports: openSqlitePorts({ folder: ":memory:" }),
  host: "127.0.0.1",
  port: 0,
  log: createLog("warn"),
  maxCalls: 10_000,
  maxRequestBytes: 1 << 20,
  maxResponseBytes: 1 << 24,
  giveUpAfterMs: 60_000,
  shutdownMs: 1000,
});
answerParent({ port: () => port, cost: startCounting() });
