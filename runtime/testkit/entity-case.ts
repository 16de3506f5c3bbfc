import type { Message, MessageFns } from "../codec.ts";
import type { Action } from "../component/action.ts";
import type { Component } from "../component/application.ts";
import { untyped } from "../component/definition.ts";
import type { EntityEvent } from "../component/effects.ts";
import type { View } from "../component/view.ts";
import { ownTopics } from "../contract/topic-names.ts";
import type { EntityHost } from "../entity/host.ts";
import { partitionKeyOf } from "../entity/key.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Turn } from "../entity/unit.ts";
import { MeshError } from "../errors.ts";
import { createDecoder } from "../eventing/decoder.ts";
import type { ServedContext } from "../grpc/call-context.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import { type CheckedApplication, messageTypesOf, stateOf } from "./message-types.ts";
import { inUnitWorld, type UnitWorld } from "./unit-world.ts";

export type Entity = Exclude<Component, Action | View>;

/**
 * What stands under a key of an entity before the command: a state, the events that led to it, or the function that
 * makes it of empty replicated data.
 */
export type GivenEntity = {
  readonly entity: Entity;
  readonly key: string;
  readonly state: object | undefined;
  readonly events: readonly object[];
};

export type CommandOf = {
  readonly component: Component;
  readonly method: string;
  /** The list of all that comes, for a method that takes a stream. */
  readonly command: object | readonly object[];
  readonly headers: Readonly<Record<string, string>>;
};

/** What one unit of work has come to. */
export type UnitOutcome = {
  /** `undefined` when the command was ignored; of a method that gives a stream, all that it gave. */
  readonly reply: Message | readonly Message[] | undefined;
  readonly error: MeshError | undefined;
  /** The state of the first given entity; `undefined` for one that does not exist. */
  readonly state: Message | undefined;
  readonly isChanged: boolean;
  /** Another entity than the given one that the command has changed, by its type and key. */
  readonly otherChange: string | undefined;
  /** Of an event-sourced entity, each under its name; its deletion is one. */
  readonly events: readonly HappenedEvent[];
  /** What was published to topics, in order; `null` for a tombstone. */
  readonly topics: Readonly<Record<string, readonly PublishedMessage[]>>;
};

export type HappenedEvent = Readonly<Record<string, Message>> | "deletion";

export type PublishedMessage = { readonly type: MessageFns; readonly message: Message } | null;

/** Runs a command on what is given: a unit of work of its own, or of a streamed call, as many as it is made of. */
export const runCase = (
  checked: CheckedApplication,
  given: readonly GivenEntity[],
  { component, method, command, headers }: CommandOf,
): Promise<UnitOutcome> =>
  inUnitWorld(checked, async (world) => {
    const { bound, clock, published, ports } = world;
    const context = { ...world.context, header: (name: string) => headers[name] };
    for (const each of given) await place(world, each);
    await clock.activity.settled();
    const [subject] = given;
    const before = subject && (await load(world, subject));
    const publishedBefore = published.length;
    const { fullName } = component.definition;
    const target = bound.services.get(fullName)?.get(method);
    if (target === undefined) throw new Error(`${checked.application.name} has no method "${method}" of ${fullName}`);
    let turn: Turn | undefined;
    const runUnary = (): Promise<Message | undefined> =>
      runUnit({ bus: ports.bus, context, origin: "test" }, async (unit) => {
        const reply = await target.run(unit, target.request.fromPartial(command));
        turn = unit.turn;
        return reply;
      });
    // What only a record calls is one unit, however many messages it makes.
    const endpoint = bound.endpoints.find(({ path }) => path === target.model.path);
    const isUnit = endpoint === undefined || endpoint.shape === "unary";
    const running = isUnit ? runUnary() : runStreamed(endpoint, command, context);
    const result = await running.then(
      (reply) => ({ reply, error: undefined }),
      (error: unknown) => {
        if (error instanceof MeshError) return { reply: undefined, error };
        throw error;
      },
    );
    await clock.activity.settled();
    const after = subject && (await load(world, subject));
    return {
      ...result,
      state: after?.state,
      isChanged: before?.version !== after?.version,
      otherChange: otherChange(world, turn, subject),
      events: subject === undefined ? [] : await eventsSince(world, subject, before?.version ?? 0n),
      topics: topicsSince(checked, published.slice(publishedBefore)),
    };
  });

/** A streamed call as gRPC makes it, with all that comes on it known beforehand. */
const runStreamed = async (
  endpoint: Exclude<Endpoint, { shape: "unary" }>,
  command: object | readonly object[],
  context: ServedContext,
): Promise<Message | readonly Message[] | undefined> => {
  const messages = [command].flat().map((each) => endpoint.request.fromPartial(each));
  const [message = endpoint.request.fromPartial({})] = messages;
  switch (endpoint.shape) {
    case "client_streaming":
      return endpoint.handle(streamOf(messages), context);
    case "server_streaming":
      return allOf(endpoint.handle(message, context));
    case "bidi_streaming":
      return allOf(endpoint.handle(streamOf(messages), context));
  }
};

async function* streamOf(messages: readonly Message[]): AsyncIterable<Message> {
  yield* messages;
}

const allOf = async (given: AsyncIterable<Message | readonly Message[]>): Promise<readonly Message[]> => {
  const all: Message[] = [];
  for await (const each of given) all.push(...[each].flat());
  return all;
};

const hostOf = ({ bound }: UnitWorld, { entity }: GivenEntity): EntityHost => {
  const host = bound.hosts.get(entity.definition.fullName);
  if (host !== undefined) return host;
  throw new Error(`${entity.definition.fullName} is no entity of this application; add it to its components`);
};

/** What a unit changes is one entity; where it is not the given one, nothing else would tell. */
const otherChange = (
  world: UnitWorld,
  turn: Turn | undefined,
  subject: GivenEntity | undefined,
): string | undefined => {
  if (turn?.change === undefined) return undefined;
  const isSubject = subject !== undefined && turn.host === hostOf(world, subject) && turn.key.text === subject.key;
  return isSubject ? undefined : `${turn.host.type} "${turn.key.text}"`;
};

const load = (world: UnitWorld, given: GivenEntity) =>
  hostOf(world, given).load({ key: given.key, position: undefined });

/** As if an earlier unit had made it so. */
const place = async (world: UnitWorld, given: GivenEntity): Promise<void> => {
  const { entity, key, state, events } = given;
  const host = hostOf(world, given);
  if (state === undefined && events.length === 0) return;
  const loaded = await host.load({ key, position: undefined });
  const named = events.map((event) => namedEvent(entity, event));
  await host.commit({
    key,
    partitionKey: partitionKeyOf(key),
    loaded,
    version: host.nextVersion(key, loaded.version),
    state: state === undefined ? folded(entity, named) : stateFrom(entity, state, host.emptyState()),
    events: named,
    outputs: [],
    position: undefined,
    traceparent: undefined,
  });
};

const stateFrom = (entity: Entity, state: object, empty: Message): Message | undefined => {
  if (entity.kind !== "replicated_entity") return stateOf(entity)?.fromPartial(state);
  // The type of the data was checked where the case was written.
  return untyped<(data: Message) => Message>(state)(empty);
};

const namedEvent = (entity: Entity, event: object): Extract<EntityEvent, { kind: "event" }> => {
  const [[name, fields] = ["", {}]] = Object.entries(event) as [string, object][];
  const codec = entity.kind === "event_sourced_entity" ? entity.events[name] : undefined;
  if (codec === undefined) throw new Error(`${entity.definition.fullName} has no event "${name}"`);
  return { kind: "event", name, message: codec.fromPartial(fields) };
};

const folded = (entity: Entity, events: readonly Extract<EntityEvent, { kind: "event" }>[]): Message | undefined =>
  entity.kind === "event_sourced_entity"
    ? events.reduce<Message>((state, { name, message }) => entity.apply(state, name, message), entity.emptyState())
    : undefined;

const eventsSince = async (world: UnitWorld, { entity, key, ...rest }: GivenEntity, version: bigint) => {
  const events: HappenedEvent[] = [];
  if (entity.kind !== "event_sourced_entity") return events;
  const { type } = hostOf(world, { entity, key, ...rest });
  for await (const entry of world.ports.entities.journal.history(type, key)) {
    for (const event of entry.version > version ? entry.events : []) {
      const name = event.kind === "event" ? event.type.slice(event.type.lastIndexOf(".") + 1) : event.kind;
      const codec = entity.events[name];
      events.push(event.kind === "deletion" ? "deletion" : { [name]: codec?.decode(event.value) ?? {} });
    }
  }
  return events;
};

/** Topics of the runtime's own tell nothing that the outcome does not. */
const isOwn = (topic: string): boolean => topic.startsWith(ownTopics);

const topicsSince = (checked: CheckedApplication, records: UnitWorld["published"]): UnitOutcome["topics"] => {
  const decode = createDecoder(messageTypesOf([checked]).all);
  const topics: Record<string, PublishedMessage[]> = {};
  for (const record of records) {
    if (isOwn(record.topic)) continue;
    const messages = topics[record.topic] ?? [];
    topics[record.topic] = messages;
    messages.push(record.value === null ? null : decode({ ...record, partition: -1, offset: -1n, timestamp: 0 }));
  }
  return topics;
};
