import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../engines/project-root.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import { bindApplication } from "../../runtime/binding/application.ts";
import { topicsOf } from "../../runtime/binding/topics.ts";
import type { Message } from "../../runtime/codec.ts";
import type { CallContext } from "../../runtime/component/context.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import { createLog } from "../../runtime/log.ts";
import type { EventBus } from "../../runtime/ports.ts";
import type { LeaseProfile } from "../../runtime/replicated/lease-profile.ts";
import { processTimers } from "../../runtime/timers.ts";

/** heartbeat-svc's register, called where gRPC would call it. */
export type OpenRegister = {
  readonly bus: EventBus;
  /** Calls a method of the event service by its name in the proto file. */
  call(method: string, command: Message): Promise<Message | undefined>;
};

/** On these brokers, or on an embedded store in memory. */
export const openRegister = async (brokers?: string, profile?: LeaseProfile): Promise<OpenRegister> => {
  const log = createLog("warn");
  const app = heartbeatService(readFileSync(join(projectRoot(), "gen", "descriptors.binpb")), profile && { profile });
  // A register keeps nothing in a store.
  const embedded = openSqlitePorts({ folder: ":memory:" });
  const bus =
    brokers === undefined ? embedded.bus : await createKafkaBus({ brokers: [brokers], clientId: app.name, log });
  const ports = { ...embedded, bus };
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

  const { signal } = new AbortController();
  const context: CallContext = {
    signal,
    deadline: undefined,
    isCancelled: false,
    header: () => undefined,
    headers: {},
    cloudEvent: undefined,
    now: Date.now,
  };
  return {
    bus,
    call(method, command) {
      const endpoint = bound.endpoints.find(({ path }) => path.endsWith(`PresenceHeartbeatEventService/${method}`));
      if (endpoint?.shape !== "unary") throw new Error(`heartbeat-svc has no method ${method}`);
      return endpoint.handle(command, context);
    },
  };
};
