import type { Message } from "../codec.ts";
import type { CloudEvent } from "../component/cloud-event.ts";
import type { CallContext, Doubt, EntityContext } from "../component/context.ts";
import type { AnswerOptions, Effect, EntityEvent, TextHeaders } from "../component/effects.ts";
import type { Lease } from "../component/lease.ts";
import type { UntypedEntityHandler } from "../component/value-entity.ts";
import { MeshError } from "../errors.ts";
import type { Output } from "../eventing/outgoing.ts";
import { Status } from "../status.ts";
import type { ConsumedPosition } from "./applied.ts";
import { AlreadyApplied, type Duty, type EntityHost, type LeaseMark, type Loaded } from "./host.ts";
import { type EntityKey, keyOf } from "./key.ts";
import { createMadeKeys, type MadeKeys } from "./made-keys.ts";
import { TurnLease } from "./turn-lease.ts";
import { systemVersion } from "./version-clock.ts";

/** The turn of one entity, taken by one unit; its change, once there is one, waits here for the commit. */
export type Turn = {
  readonly host: EntityHost;
  readonly key: EntityKey;
  readonly loaded: Loaded;
  /** The command the turn was taken for. */
  readonly command: Message;
  readonly version: bigint;
  change: { readonly state: Message | undefined; readonly events?: readonly EntityEvent[] } | undefined;
  /** What the change's record tells of the key's lease. */
  mark: LeaseMark | undefined;
  /** Set when no caller but the runtime itself wants the change. */
  duty: Duty | undefined;
};

/** The unit changes an entity it has read without a turn: it starts again with that turn. */
export class NeedsTurn extends Error {
  readonly host: EntityHost;
  readonly key: EntityKey;
  readonly command: Message;
  constructor(host: EntityHost, key: EntityKey, command: Message) {
    super(`needs the turn of ${host.type} "${key.text}"`);
    this.host = host;
    this.key = key;
    this.command = command;
  }
}

/** A method of an entity service: its handler, and who keeps the entities. */
export type EntityMethod = {
  readonly host: EntityHost;
  readonly handler: UntypedEntityHandler;
  readonly keyFields: readonly string[];
  /** The key is a new one, and not in the command. */
  readonly generatesKey?: boolean;
};

/** What a unit asks for and does not do itself: it is done when the unit stands. */
export type Later = {
  /** Each gives a promise where the reply waits for it. They do not fail. */
  readonly sideEffects: (() => Promise<void> | undefined)[];
  /** Gives the reply, in place of the unit. */
  forward: ((asked: Asked) => Promise<Message | undefined>) | undefined;
};

/** Of the run of a unit, what matters to the one that answers in its place. */
export type Asked = {
  readonly caller?: Answered | undefined;
  /** See `UnitRun`. */
  readonly origin?: string | undefined;
};

/** Takes the headers and trailers of an answer. */
export type Answered = {
  answerWith?(options: AnswerOptions): void;
  /** Throws where a header or a trailer is not one that the caller could be given. */
  checkAnswer?(options: AnswerOptions): void;
};

/** What is there at once is given at once: an unchanged register answers without a promise in between. */
type MaybePromise<T> = T | Promise<T>;

const noop = (): void => {};

/** One command as a whole: the entity turn it takes, what it publishes, its reply. */
export class Unit {
  readonly context: CallContext;
  readonly position: ConsumedPosition | undefined;
  readonly outputs: Output[] = [];
  turn: Turn | undefined;
  /** The turn that the unit did without, to read what is committed while its messages are held up. */
  passedBy: NeedsTurn | undefined;
  /** Why the unit cannot go on; holds even if a handler catches the error. */
  interruption: NeedsTurn | AlreadyApplied | undefined;
  /** What goes with the reply; of several answers in a unit the last is the unit's. */
  answered: AnswerOptions | undefined;
  later: Later | undefined;
  /** The call to a component that was begun last; the next one waits for it. */
  private calling: Promise<unknown> | undefined;

  /** Keys that were made for this unit: the same when it runs again. */
  madeKeys: MadeKeys | undefined;

  constructor(context: CallContext, position: ConsumedPosition | undefined) {
    this.context = context;
    this.position = position;
  }

  /** The unit that runs the command again. */
  again(): Unit {
    const unit = new Unit(this.context, this.position);
    if (this.madeKeys !== undefined) unit.madeKeys = this.madeKeys.again();
    return unit;
  }

  /** Takes the turn of the unit's entity and loads it; at once where nothing has to be waited for. */
  enter(host: EntityHost, key: EntityKey, command: Message): MaybePromise<Turn>;
  /** Gives `undefined`, and no turn, where a command that may read shall do so: see `Turns`. */
  enter(host: EntityHost, key: EntityKey, command: Message, mayRead: boolean): MaybePromise<Turn | undefined>;
  enter(host: EntityHost, key: EntityKey, command: Message, mayRead = false): MaybePromise<Turn | undefined> {
    const admission = host.admit?.(key.text, command, this.context);
    if (admission !== undefined) return admission.then(() => this.enterAdmitted(host, key, command));
    const waiting = host.turns.enter(key.text, { waitMs: host.waitMs, mayRead });
    if (waiting === undefined) return this.begin(host, key, command);
    const since = performance.now();
    return waiting.then((hasTurn) => {
      if (hasTurn) return this.begin(host, key, command, performance.now() - since);
      this.passedBy = new NeedsTurn(host, key, command);
      return undefined;
    });
  }

  private async enterAdmitted(host: EntityHost, key: EntityKey, command: Message): Promise<Turn> {
    await host.turns.enter(key.text, { waitMs: host.waitMs });
    return this.begin(host, key, command);
  }

  /** Loads the entity, with its turn taken; a failure gives the turn back. */
  private begin(host: EntityHost, key: EntityKey, command: Message, waitedMs = 0): MaybePromise<Turn> {
    try {
      if (this.context.isCancelled) {
        throw new MeshError("HANDLER_ERROR", "the caller left before the command began", { status: Status.CANCELLED });
      }
      const loading = host.load({ key: key.text, position: this.position, waitedMs });
      if (!(loading instanceof Promise)) return this.adopt(host, key, command, loading);
      return loading.then(
        (loaded) => this.adopt(host, key, command, loaded),
        (error: unknown) => this.giveUp(host, key, error),
      );
    } catch (error) {
      return this.giveUp(host, key, error);
    }
  }

  private giveUp(host: EntityHost, key: EntityKey, error: unknown): never {
    host.turns.leave(key.text);
    throw error instanceof AlreadyApplied ? this.interrupt(error) : error;
  }

  /** Goes on with a turn that is taken already. */
  adopt(host: EntityHost, key: EntityKey, command: Message, loaded: Loaded): Turn {
    this.turn = new OpenTurn(host, key, command, loaded);
    return this.turn;
  }

  /** Nothing was staged, nothing is running, nothing came in between: the reply can be given as it is. */
  get isSettled(): boolean {
    const { calling, interruption, later, outputs, turn } = this;
    return (
      calling === undefined &&
      interruption === undefined &&
      outputs.length === 0 &&
      turn?.change === undefined &&
      later === undefined
    );
  }

  /** Adds to what is done when the unit stands. */
  followWith(): Later {
    this.later ??= { sideEffects: [], forward: undefined };
    return this.later;
  }

  /** Resolves when every call the handlers began has ended, awaited by them or not. */
  async idle(): Promise<void> {
    while (this.calling !== undefined) await this.calling.then(noop, noop);
  }

  release(): void {
    this.turn?.host.turns.leave(this.turn.key.text);
    this.turn = undefined;
  }

  /** Runs a command of an entity inside this unit, after those that were begun before. */
  command(entity: EntityMethod, command: Message): MaybePromise<Effect> {
    const before = this.calling;
    const call =
      before === undefined ? this.run(entity, command) : before.then(noop, noop).then(() => this.run(entity, command));
    if (!(call instanceof Promise)) return call;
    this.calling = call;
    const done = (): void => {
      if (this.calling === call) this.calling = undefined;
    };
    call.then(done, done);
    return call;
  }

  private run(entity: EntityMethod, command: Message): MaybePromise<Effect> {
    const key = entity.generatesKey ? this.makeKey() : keyOf(command, entity.keyFields);
    // A consumed record is checked against what is applied, which takes the turn.
    const turn = this.turn ?? this.enter(entity.host, key, command, this.position === undefined);
    return turn instanceof Promise
      ? turn.then((entered) => this.handle(entity, key, entered, command))
      : this.handle(entity, key, turn, command);
  }

  private makeKey(): EntityKey {
    this.madeKeys ??= createMadeKeys(this.position);
    return this.madeKeys.next();
  }

  private handle(entity: EntityMethod, key: EntityKey, turn: Turn | undefined, command: Message): MaybePromise<Effect> {
    const { host, handler } = entity;
    if (turn === undefined || turn.host !== host || turn.key.text !== key.text) return this.read(entity, key, command);
    const { change, loaded } = turn;
    const state = (change === undefined ? loaded.state : change.state) ?? host.emptyState();
    const effect = handler(command, state, new HandlerContext(this.context, turn));
    return effect instanceof Promise ? effect.then((settled) => this.stage(turn, settled)) : this.stage(turn, effect);
  }

  private stage(turn: Turn, effect: Effect): Effect {
    // What is no effect at all is told where its handler has a name.
    if (effect?.kind === "change") {
      const { state, events = [] } = effect;
      turn.change = { state, events: [...(turn.change?.events ?? []), ...events] };
    }
    if (effect?.kind === "reply" && turn.loaded.doubt !== undefined) this.restate(turn);
    if (turn.mark !== undefined && turn.change === undefined) turn.host.leases?.keep(turn.key.text, turn.mark);
    return effect;
  }

  private interrupt<T extends NeedsTurn | AlreadyApplied>(reason: T): T {
    this.interruption = reason;
    return reason;
  }

  /** An entity whose turn the unit does not have: it may be read. */
  private async read({ host, handler }: EntityMethod, key: EntityKey, command: Message): Promise<Effect> {
    await host.admit?.(key.text, command, this.context);
    const loaded = await host.load({ key: key.text, position: undefined });
    const turn = new OpenTurn(host, key, command, loaded);
    const effect = await handler(command, loaded.state ?? host.emptyState(), new HandlerContext(this.context, turn));
    if (effect?.kind !== "change") return effect;
    if (this.turn?.change === undefined) throw this.interrupt(new NeedsTurn(host, key, command));
    throw new MeshError(
      "SECOND_CHANGE",
      `a unit of work changes one entity, and this one has changed ${this.turn.host.type} "${this.turn.key.text}" before ${host.type} "${key.text}"; publish to a topic and change the second from there`,
    );
  }

  /** A value in doubt that the handler left as it is: it is written again, so that the log ends with it. */
  private restate(turn: Turn): void {
    if (turn.change !== undefined) return;
    if (turn.loaded.state === undefined) {
      throw new MeshError("OUTCOME_UNKNOWN", `a write to "${turn.key.text}" is not settled yet`, { retryAfterMs: 100 });
    }
    restate(turn, turn.loaded.state);
  }
}

/** Stages what stands, to be written again: the log must end with it. */
export const restate = (turn: Turn, state: Message): void => {
  turn.change = { state: turn.host.restated?.(state, turn.version) ?? state };
};

class OpenTurn implements Turn {
  readonly host: EntityHost;
  readonly key: EntityKey;
  readonly loaded: Loaded;
  readonly command: Message;
  change: Turn["change"];
  mark: LeaseMark | undefined;
  duty: Duty | undefined;
  private next: bigint | undefined;

  constructor(host: EntityHost, key: EntityKey, command: Message, loaded: Loaded) {
    this.host = host;
    this.key = key;
    this.command = command;
    this.loaded = loaded;
  }

  /** Made when first asked for: an unchanged entity needs none. */
  get version(): bigint {
    this.next ??=
      this.duty === undefined
        ? this.host.nextVersion(this.key.text, this.loaded.version)
        : systemVersion(this.loaded.version);
    return this.next;
  }
}

class HandlerContext implements EntityContext {
  private readonly call: CallContext;
  private readonly turn: Turn;

  constructor(call: CallContext, turn: Turn) {
    this.call = call;
    this.turn = turn;
  }

  get key(): string {
    return this.turn.key.text;
  }
  get version(): bigint {
    return this.turn.version;
  }
  get doubt(): Doubt | undefined {
    return this.turn.loaded.doubt;
  }
  get lease(): Lease | undefined {
    const { leases } = this.turn.host;
    return leases === undefined ? undefined : new TurnLease(leases, this.turn);
  }
  get signal(): AbortSignal {
    return this.call.signal;
  }
  get deadline(): number | undefined {
    return this.call.deadline;
  }
  get isCancelled(): boolean {
    return this.call.isCancelled;
  }
  header(name: string): string | undefined {
    return this.call.header(name);
  }
  get headers(): TextHeaders {
    return this.call.headers;
  }
  get cloudEvent(): CloudEvent | undefined {
    return this.call.cloudEvent;
  }
  now(): number {
    return this.call.now();
  }
}
