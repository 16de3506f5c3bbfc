// heartbeat-svc's register on Kafka, called where gRPC would call it: what the other side does has no gRPC either.
import { PresenceHeartbeatCommand } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { keepYoung } from "../../runtime/young-heap.ts";
import { answerParent, startCounting } from "./answer-parent.ts";
import { type ChangedLoad, type ChangedLoaded, changedBeat } from "./changed-load.ts";
import { openRegister } from "./open-register.ts";

keepYoung();
const register = await openRegister(process.argv[2] ?? "");

let next = 0;
const load = async ({ devices, concurrency, durationMs }: ChangedLoad): Promise<ChangedLoaded> => {
  const startedAt = performance.now();
  const first = next;
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      const reply = await register.call(
        "HeartbeatEvent",
        PresenceHeartbeatCommand.fromPartial(changedBeat(next++, devices)),
      );
      if (reply === undefined || !("is_modified" in reply) || reply.is_modified !== true) {
        throw new Error("the heartbeat that is measured changed nothing");
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return { records: next - first, seconds: (performance.now() - startedAt) / 1000 };
};

answerParent({ load, cost: startCounting() });
