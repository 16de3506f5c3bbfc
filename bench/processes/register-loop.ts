// heartbeat-svc's register on Kafka, called where gRPC would call it: what the other side does has no gRPC either.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../engines/project-root.ts";
import { PresenceHeartbeatCommand } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import { bindApplication } from "../../runtime/binding/application.ts";
import { topicsOf } from "../../runtime/binding/topics.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import { createLog } from "../../runtime/log.ts";
import { processTimers } from "../../runtime/timers.ts";
import { answerParent, startCounting } from "./answer-parent.ts";
import { type ChangedLoad, type ChangedLoaded, changedBeat } from "./changed-load.ts";

const log = createLog("warn");
const app = heartbeatService(readFileSync(join(projectRoot(), "gen", "descriptors.binpb")));
const bus = await createKafkaBus({ brokers: [process.argv[2] ?? ""], clientId: app.name, log });
// A register keeps nothing in a store.
const ports = { ...openSqlitePorts({ folder: ":memory:" }), bus };
const { model } = compileContract(app.descriptors);
const bound = bindApplication(app, model, {
  ports,
  log,
  now: Date.now,
  timers: processTimers,
  maxResponseBytes: 1 << 24,
});
await bus.ensureTopics(topicsOf(app, bound));
await Promise.all(bound.followed.map((register) => register.start((error) => log.error({ error }, "lost the log"))));

const endpoint = bound.endpoints.find(({ path }) => path.endsWith("PresenceHeartbeatEventService/HeartbeatEvent"));
if (endpoint?.shape !== "unary") throw new Error("heartbeat-svc has no such method");
const { handle } = endpoint;
const signal = new AbortController().signal;
const nothing = { header: () => undefined, headers: {}, cloudEvent: undefined };
const context = { ...nothing, signal, deadline: undefined, isCancelled: false, now: Date.now };

let next = 0;
const load = async ({ devices, concurrency, durationMs }: ChangedLoad): Promise<ChangedLoaded> => {
  const startedAt = performance.now();
  const first = next;
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      const reply = await handle(PresenceHeartbeatCommand.fromPartial(changedBeat(next++, devices)), context);
      if (reply === undefined || !("is_modified" in reply) || reply.is_modified !== true) {
        throw new Error("the heartbeat that is measured changed nothing");
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return { records: next - first, seconds: (performance.now() - startedAt) / 1000 };
};

answerParent({ load, cost: startCounting() });
