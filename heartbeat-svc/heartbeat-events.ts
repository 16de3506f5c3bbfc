import {
  type HeartbeatResult,
  PresenceHeartbeatCommandServiceDefinition,
  PresenceHeartbeatEventServiceDefinition,
} from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import type { Heartbeat } from "../gen/presence/v1/presence.ts";
import { action } from "../runtime/component/action.ts";
import { allOf, apart, type Outcome } from "../runtime/component/apart.ts";
import { error, forward, reply } from "../runtime/component/effects.ts";
import { inOrder } from "../runtime/component/in-order.ts";
import { Status } from "../runtime/status.ts";

/** Of a batch, and of a stream at once. */
const most = 1000;

/**
 * Takes the heartbeats of devices, and sends on to topic `heartbeats` those that change something. In a batch and on a
 * stream the register is called at once: its log is that topic, so a change that it has taken is on it.
 */
export const heartbeatEvents = action(
  PresenceHeartbeatEventServiceDefinition,
  {
    userPresenceHeartbeat: PresenceHeartbeatCommandServiceDefinition,
    registers: apart(PresenceHeartbeatCommandServiceDefinition),
  },
  ({ userPresenceHeartbeat, registers }) => ({
    async heartbeatEvent(command) {
      const heartbeat = await userPresenceHeartbeat.heartbeat(command);
      return heartbeat.is_modified ? forward("heartbeatEventToKafka", heartbeat) : reply(heartbeat);
    },
    async heartbeatBatch({ heartbeats }) {
      if (heartbeats.length > most) return tooMany(heartbeats.length);
      const outcomes = await allOf(heartbeats.map((command) => registers.heartbeat(command)));
      return refusalOfAll(outcomes) ?? reply({ results: outcomes.map(resultOf) });
    },
    async *heartbeatStream(commands) {
      for await (const outcome of inOrder(commands, (command) => registers.heartbeat(command), most)) {
        yield resultOf(outcome);
      }
    },
    heartbeatEventToKafka: (heartbeat) => reply(heartbeat),
  }),
);

const resultOf = (outcome: Outcome<Heartbeat>): HeartbeatResult => ({
  result:
    outcome.kind === "reply"
      ? { $case: "heartbeat", value: outcome.message }
      : { $case: "error", value: outcome.status },
});

const tooMany = (count: number) => {
  const description = `are ${count}; a batch has at most ${most}`;
  return error(Status.INVALID_ARGUMENT, `heartbeats ${description}`, [{ field: "heartbeats", description }]);
};

/** A replica that can take none of them now says so of the call itself: a proxy then asks another one. */
const refusalOfAll = (outcomes: readonly Outcome[]) => {
  const [first] = outcomes;
  return first?.kind === "error" && outcomes.every(isUnavailable)
    ? error(Status.UNAVAILABLE, first.status.message)
    : undefined;
};

const isUnavailable = (outcome: Outcome): boolean =>
  outcome.kind === "error" && outcome.status.code === Status.UNAVAILABLE;
