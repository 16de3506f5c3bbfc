import { randomUUID } from "node:crypto";
import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import { MeshError } from "../errors.ts";
import { messageId, sequenceOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { EventBus } from "../ports.ts";
import { Status } from "../status.ts";
import { processTimers, sleep } from "../timers.ts";
import type { ConsumedPosition } from "./applied.ts";
import type { Commit, Loaded } from "./host.ts";
import { type Answered, NeedsTurn, restate, type Turn, Unit } from "./unit.ts";

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
  /** Who is given what goes with the reply. */
  readonly caller?: Answered | undefined;
};

/**
 * Runs a command as one unit of work: all of its change and its messages, or none. A change that another
 * writer has overtaken is run again on what that one left; after twenty times it is ABORTED.
 */
export const runUnit = (run: UnitRun, command: Command): Promise<Message | undefined> => {
  const reply = beginUnit(run, command);
  return reply instanceof Promise ? reply : Promise.resolve(reply);
};

/** As `runUnit`, and gives what is there at once without a promise. Does not throw: failures are rejections. */
export const beginUnit = (run: UnitRun, command: Command): Promise<Message | undefined> | Message | undefined => {
  const unit = new Unit(run.context, run.position);
  try {
    const reply = command(unit);
    if (!(reply instanceof Promise)) return finish(run, command, unit, reply);
    return reply.then(
      (settled) => finish(run, command, unit, settled),
      (error: unknown) => conclude(run, command, unit, { error }),
    );
  } catch (error) {
    return conclude(run, command, unit, { error });
  }
};

/** Most commands only read: they are done here, and nothing more is set in motion for them. */
const finish = (
  run: UnitRun,
  command: Command,
  unit: Unit,
  reply: Message | undefined,
): Promise<Message | undefined> | Message | undefined => {
  if (!unit.isSettled) return conclude(run, command, unit, { reply });
  unit.release();
  if (unit.answered !== undefined) {
    run.caller?.checkAnswer?.(unit.answered);
    run.caller?.answerWith?.(unit.answered);
  }
  return reply;
};

const attempt = (unit: Unit, command: Command): Promise<Message | undefined> => {
  try {
    return Promise.resolve(command(unit));
  } catch (error) {
    return Promise.reject(error);
  }
};

/** What the handlers came to. */
type Outcome = { readonly reply: Message | undefined } | { readonly error: unknown };

/** A unit that stands; `changed` is the key of the entity it has changed. */
type Settled = { readonly reply: Message | undefined; readonly changed?: string };

/** Why a command runs again: with the turn it kept, or with the one it turned out to need. */
type Again = { readonly turn: Turn; readonly loaded: Loaded | undefined } | { readonly needed: NeedsTurn };

const conclude = async (
  run: UnitRun,
  command: Command,
  first: Unit,
  outcome: Outcome,
): Promise<Message | undefined> => {
  let unit = first;
  let next = outcome;
  for (let attempts = 1; attempts <= maxAttempts; attempts++) {
    const settled = await settle(run, unit, next, attempts);
    if ("reply" in settled) return follow(run, unit, settled);
    unit = unit.again();
    if (attempts === maxAttempts) {
      if ("turn" in settled) settled.turn.host.turns.leave(settled.turn.key.text);
      break;
    }
    next = await begin(unit, settled)
      .then(() => attempt(unit, run.context.isCancelled ? abandon : command))
      .then(
        (reply) => ({ reply }),
        (error: unknown) => ({ error }),
      );
  }
  throw new MeshError("CONFLICT", `other writers changed the entity ${maxAttempts} times meanwhile; try again`, {
    retryAfterMs: 100,
  });
};

/** Does what the unit has asked for, now that it stands. */
const follow = async (
  run: UnitRun,
  { later, answered }: Unit,
  { reply, changed }: Settled,
): Promise<Message | undefined> => {
  for (const sideEffect of later?.sideEffects ?? []) await sideEffect();
  if (later?.forward === undefined) {
    if (answered !== undefined) run.caller?.answerWith?.(answered);
    return reply;
  }
  try {
    return await later.forward(run);
  } catch (cause) {
    // The record is applied: it would not come to this again.
    if (run.position === undefined || changed === undefined) throw cause;
    const text = `the change of "${changed}" stands, and the method it forwards to failed: ${String(cause)}`;
    throw new MeshError("FORWARD_FAILED", text, { cause });
  }
};

/**
 * A command whose caller has given it up does not run on what came after it: it may undo what that caller, or
 * another, was told since. What it has put in doubt is written again as it stands.
 */
const abandon: Command = ({ turn }) => {
  if (turn?.loaded.doubt !== undefined && turn.loaded.state !== undefined) {
    restate(turn, turn.loaded.state);
    return undefined;
  }
  throw new MeshError("HANDLER_ERROR", "the caller left before its change was settled", { status: Status.CANCELLED });
};

/** Makes true what the unit has staged, and gives its turn back, unless the command runs again with it. */
const settle = async (run: UnitRun, unit: Unit, outcome: Outcome, attempts: number): Promise<Settled | Again> => {
  let keepsTurn = false;
  try {
    await unit.idle();
    if (unit.interruption !== undefined) throw unit.interruption;
    if ("error" in outcome) throw outcome.error;
    // Of an answer that is published as well, the call is given what it can carry.
    if (unit.answered !== undefined && unit.outputs.length === 0) run.caller?.checkAnswer?.(unit.answered);
    if (unit.turn?.change === undefined) {
      // What is published names the entity it was read from, in the order of its turns.
      if (unit.outputs.length > 0 && unit.passedBy !== undefined) return { needed: unit.passedBy };
      if (unit.outputs.length > 0) await publish(run, unit);
      return outcome;
    }
    const overtaken = await unit.turn.host.commit(commitOf(unit, unit.turn));
    if (overtaken === undefined) return { reply: outcome.reply, changed: unit.turn.key.text };
    keepsTurn = true;
    // Two writers that each run again before they have read what the other has written meanwhile would overtake one
    // another for ever: from the second time on each waits, and runs on what it has read by then.
    if (attempts === 1 && overtaken.again !== undefined) return { turn: unit.turn, loaded: overtaken.again };
    await sleep(unit.turn.host.timers ?? processTimers, shareOf(unit.turn.version) * Math.min(2 ** attempts, 100));
    return { turn: unit.turn, loaded: undefined };
  } catch (error) {
    if (error instanceof NeedsTurn) return { needed: error };
    throw error;
  } finally {
    if (!keepsTurn) unit.release();
  }
};

/** From 0 to 1, and as good as random: no two writers make the same version. A simulation repeats it. */
const shareOf = (version: bigint): number =>
  Number(BigInt.asUintN(32, (version * 0x9e3779b97f4a7c15n) >> 32n)) / 2 ** 32;

const begin = async (unit: Unit, again: Again): Promise<void> => {
  if ("needed" in again) {
    await unit.enter(again.needed.host, again.needed.key, again.needed.command);
    return;
  }
  const { host, key, command } = again.turn;
  try {
    unit.adopt(host, key, command, again.loaded ?? (await host.load({ key: key.text, position: unit.position })));
  } catch (error) {
    host.turns.leave(key.text);
    throw error;
  }
};

/** What a unit that has changed its entity wants to become true. */
export const commitOf = (unit: Unit, turn: Turn): Commit => ({
  key: turn.key.text,
  partitionKey: turn.key.partitionKey,
  loaded: turn.loaded,
  version: turn.version,
  state: turn.change?.state,
  events: turn.change?.events ?? [],
  outputs: unit.outputs,
  position: unit.position,
  traceparent: unit.context.header("traceparent"),
  mark: turn.mark,
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
      // What is made of a record and says nothing of its own is about the same thing.
      subject: read?.subject ?? context.header("ce_subject"),
      time: context.now(),
      traceparent: context.header("traceparent"),
    });
    if (turn === undefined || record.key !== turn.key.text) return record;
    return { ...record, headers: { ...record.headers, ce_sequence: sequenceOf(turn.loaded.version, n) } };
  });
  await bus.publish(records);
};
