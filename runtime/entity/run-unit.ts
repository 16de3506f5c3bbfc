import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import { MeshError } from "../errors.ts";
import { messageId, sequenceOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { EventBus } from "../ports.ts";
import type { ConsumedPosition } from "./applied.ts";
import type { Loaded } from "./host.ts";
import { NeedsTurn, type Turn, Unit } from "./unit.ts";

const maxAttempts = 20;

/** Runs a command inside a unit; what it gives is the reply. */
export type Command = (unit: Unit) => Promise<Message | undefined> | Message | undefined;

export type UnitRun = {
  readonly bus: EventBus;
  readonly context: CallContext;
  /** The consumed record's position, when the command came from a topic. */
  readonly position?: ConsumedPosition;
  /** Names the messages of a unit without an entity; the id of the consumed record. */
  readonly origin?: string;
};

/**
 * Runs a command as one unit of work: all of its change and its messages, or none. A change that another
 * writer has overtaken is run again on what that one left; after twenty times it is ABORTED.
 */
export const runUnit = async (run: UnitRun, command: Command): Promise<Message | undefined> => {
  let start: Start | undefined;
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const unit = new Unit(run.context, run.position);
    let keepsTurn = false;
    try {
      if (start !== undefined) await begin(unit, start);
      const reply = await command(unit);
      if (unit.isBusy) await unit.idle();
      if (unit.interruption !== undefined) throw unit.interruption;
      if (unit.turn?.change === undefined) {
        if (unit.outputs.length > 0) await publish(run, unit);
        return reply;
      }
      const overtaken = await commit(unit, unit.turn);
      if (overtaken === undefined) return reply;
      start = { turn: unit.turn, again: overtaken.again };
      keepsTurn = true;
      if (overtaken.again === undefined) await delay(Math.random() * Math.min(2 ** attempt, 100));
    } catch (error) {
      await unit.idle();
      const reason = unit.interruption ?? error;
      if (!(reason instanceof NeedsTurn)) throw reason;
      start = { needed: reason };
    } finally {
      if (!keepsTurn) unit.release();
    }
  }
  if (start !== undefined && "turn" in start) start.turn.host.turns.leave(start.turn.key.text);
  throw new MeshError("CONFLICT", `other writers changed the entity ${maxAttempts} times meanwhile; try again`, {
    retryAfterMs: 100,
  });
};

/** How a further attempt begins: with the turn it kept, or with the one it turned out to need. */
type Start = { readonly turn: Turn; readonly again: Loaded | undefined } | { readonly needed: NeedsTurn };

const begin = async (unit: Unit, start: Start): Promise<void> => {
  if ("needed" in start) {
    await unit.enter(start.needed.host, start.needed.key, start.needed.command);
    return;
  }
  const { host, key, command } = start.turn;
  try {
    unit.adopt(host, key, command, start.again ?? (await host.load({ key: key.text, position: unit.position })));
  } catch (error) {
    host.turns.leave(key.text);
    throw error;
  }
};

const commit = (unit: Unit, turn: Turn) =>
  turn.host.commit({
    key: turn.key.text,
    partitionKey: turn.key.partitionKey,
    loaded: turn.loaded,
    version: turn.version,
    state: turn.change?.state,
    outputs: unit.outputs,
    position: unit.position,
    traceparent: unit.context.header("traceparent"),
  });

/**
 * The messages of a unit that changes nothing. One about the entity it has read tells that entity's version;
 * its id differs from that of the change's own message.
 */
const publish = async ({ bus, context, origin = randomUUID() }: UnitRun, { outputs, turn }: Unit): Promise<void> => {
  const records = outputs.map((output, n) => {
    const stray = turn !== undefined && output.topic === turn.host.logTopic;
    if (stray)
      throw new MeshError("OUTPUT_MISMATCH", `"${output.topic}" is a register's log: only its changes go there`);
    const read = turn && {
      id: messageId(turn.host.type, turn.key.text, turn.loaded.version, n),
      subject: turn.key.text,
    };
    const record = createRecord(output, {
      id: read === undefined ? `${origin}/${n}` : `${read.id}/read`,
      sequence: undefined,
      subject: read?.subject,
      time: context.now(),
      traceparent: context.header("traceparent"),
    });
    if (turn === undefined || record.key !== turn.key.text) return record;
    return { ...record, headers: { ...record.headers, ce_sequence: sequenceOf(turn.loaded.version, n) } };
  });
  await bus.publish(records);
};
