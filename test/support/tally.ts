import { setTimeout as delay } from "node:timers/promises";
import { Heartbeat, UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { action } from "../../runtime/component/action.ts";
import type { Application } from "../../runtime/component/application.ts";
import { deleteState, error, ignore, reply, updateState } from "../../runtime/component/effects.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { EntityType } from "../../runtime/ports.ts";
import { Status } from "../../runtime/status.ts";
import { compileProto } from "./compile-protos.ts";

// Definitions as the generator writes them; the protos of the tests are compiled when the tests run.
const unary = { requestStream: false, responseStream: false, options: {} } as const;
const add = { ...unary, requestType: Heartbeat, responseType: UserPresenceState };

export const TallyServiceDefinition = {
  name: "TallyService",
  fullName: "tally.v1.TallyService",
  methods: { add: { ...add, name: "Add" }, remove: { ...add, name: "Remove" }, read: { ...add, name: "Read" } },
} as const;

export const TallyActionsDefinition = {
  name: "TallyActions",
  fullName: "tally.v1.TallyActions",
  methods: {
    addBoth: { ...add, name: "AddBoth" },
    addTwiceAtOnce: { ...add, name: "AddTwiceAtOnce" },
    readThenAdd: { ...add, name: "ReadThenAdd" },
    fail: { ...add, name: "Fail" },
    wait: { ...add, name: "Wait" },
    collect: { ...add, name: "Collect", requestStream: true },
    repeat: { ...add, name: "Repeat", responseType: Heartbeat, responseStream: true },
    converse: { ...add, name: "Converse", requestStream: true, responseStream: true },
  },
} as const;

export const TallyEventsDefinition = {
  name: "TallyEvents",
  fullName: "tally.v1.TallyEvents",
  methods: { take: { ...add, name: "Take" } },
} as const;

const tally = valueEntity(TallyServiceDefinition, {
  state: UserPresenceState,
  add: ({ user_id, device_id, reason }, state) =>
    updateState<UserPresenceState>({ ...state, user_id, device_id, reason, version: state.version + 1n }).thenReply(
      (next) => next,
    ),
  remove: (_, state) => deleteState().thenReply(() => state),
  read: (_, state) => reply(state),
});

/** What the handlers of one application were seen to do. */
export type Seen = { taken: string[]; waiting: number; cancelled: number; failures: number };

const other = (heartbeat: Heartbeat): Heartbeat => ({ ...heartbeat, device_id: `${heartbeat.device_id}-other` });

const actions = (seen: Seen) =>
  action(TallyActionsDefinition, { tally: TallyServiceDefinition }, ({ tally: entity }, context) => ({
    async addBoth(heartbeat) {
      const [, last] = await Promise.all([entity.add(heartbeat), entity.add(other(heartbeat))]);
      return reply(last);
    },
    async addTwiceAtOnce(heartbeat) {
      const [, last] = await Promise.all([entity.add(heartbeat), entity.add(heartbeat)]);
      return reply(last);
    },
    async readThenAdd(heartbeat) {
      await entity.read(heartbeat);
      return reply(await entity.add(other(heartbeat)));
    },
    fail({ reason }) {
      if (reason === "throw") throw new Error("the inside of the service");
      return error(Status.FAILED_PRECONDITION, "not like this", [{ field: "reason", description: "is wrong" }]);
    },
    async wait() {
      seen.waiting += 1;
      await delay(60_000, undefined, { signal: context.signal }).catch(() => {
        seen.cancelled += 1;
      });
      return ignore();
    },
    async collect(heartbeats) {
      let last = UserPresenceState.fromPartial({});
      for await (const heartbeat of heartbeats) last = await entity.add(heartbeat);
      return reply(last);
    },
    async *repeat(heartbeat) {
      for (let i = 1n; i <= heartbeat.version; i++) yield { ...heartbeat, version: i };
    },
    async *converse(heartbeats) {
      for await (const heartbeat of heartbeats) yield await entity.add(heartbeat);
    },
  }));

const events = (seen: Seen) =>
  action(TallyEventsDefinition, { tally: TallyServiceDefinition }, ({ tally: entity }) => ({
    async take(heartbeat) {
      seen.taken.push(`${heartbeat.user_id}:${heartbeat.reason}`);
      if (heartbeat.reason === "refuse") return error(Status.INVALID_ARGUMENT, "refused");
      if (heartbeat.reason === "stumble" && seen.failures-- > 0) throw new Error("stumbled");
      if (heartbeat.reason === "ignore") return ignore();
      return reply(await entity.add(heartbeat));
    },
  }));

export const tallyApplication = async (): Promise<{ readonly application: Application; readonly seen: Seen }> => {
  const seen: Seen = { taken: [], waiting: 0, cancelled: 0, failures: 0 };
  const descriptors = await compileProto("tally/v1/tally.proto");
  const components = [tally, actions(seen), events(seen)];
  return { application: { name: "tally", descriptors, components, topics: { "tally-out": "compact" } }, seen };
};

/** The stored form of the entity, for a test that looks into the store. */
export const tallyType = async (): Promise<EntityType> => {
  const { model } = compileContract(await compileProto("tally/v1/tally.proto"));
  const schema = model.registry.getMessage("presence.v1.UserPresenceState");
  if (schema === undefined) throw new Error("the test's descriptor set has no presence.v1.UserPresenceState");
  return { name: "tally", state: { ...UserPresenceState, name: schema.typeName, schema } };
};
