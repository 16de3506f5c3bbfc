import type { PresenceHeartbeatCommand } from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { createAnswers } from "../runtime/binding/answers.ts";
import { createDirectory } from "../runtime/binding/directory.ts";
import { bindEntity } from "../runtime/binding/entities.ts";
import { createSideEffects } from "../runtime/binding/side-effects.ts";
import type { CallContext } from "../runtime/component/context.ts";
import type { EntityHost } from "../runtime/entity/host.ts";
import { runUnit } from "../runtime/entity/run-unit.ts";
import { createVersionClock } from "../runtime/entity/version-clock.ts";
import type { Log } from "../runtime/log.ts";
import { createLeaseProtocol, type LeaseProtocol } from "../runtime/replicated/lease-protocol.ts";
import { createRegisterEntities } from "../runtime/replicated/register-entities.ts";
import { createRegisterLease } from "../runtime/replicated/register-lease.ts";
import type { VirtualTime } from "../runtime/testkit/virtual-time.ts";
import type { Timers } from "../runtime/timers.ts";
import { type Broker, type Client, leaseTopic, registerTopic } from "./broker.ts";
import { changed } from "./changed.ts";
import type { Random } from "./random.ts";
import { forgetting, type RegisterModel, simulatedProfile, simulatedRules } from "./register-model.ts";

/** Where a planted bug takes the place of the real thing. */
export type Composition = {
  readonly protocol: (real: LeaseProtocol, name: string) => LeaseProtocol;
  readonly host: (real: EntityHost) => EntityHost;
};

export type NodeOptions = {
  readonly replica: number;
  readonly name: string;
  readonly salt: number;
  readonly tag: () => number;
  readonly model: RegisterModel;
  readonly broker: Broker;
  readonly time: VirtualTime;
  readonly random: Random;
  /** The wall clock of the replica's machine. */
  readonly wall: () => number;
  readonly composition: Composition;
  readonly onBeat: (key: string) => void;
};

/** One process of heartbeat-svc, from what gRPC would hand it down to the bus. */
export type Node = {
  readonly replica: number;
  readonly isUp: boolean;
  readonly isGone: boolean;
  readonly isPaused: boolean;
  /** What the register holds of a key; undefined for nothing. */
  read(key: string): Heartbeat | undefined;
  /** Resolves with the reply; rejects as the call would. Never settles if the process ends before. */
  call(command: PresenceHeartbeatCommand, deadline: number): Promise<Heartbeat>;
  crash(): void;
  pause(): void;
  resume(): void;
  /** Stops in order. */
  stop(): Promise<void>;
};

const quiet: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
};

export const startNode = (options: NodeOptions): Node => {
  const { replica, name, model, broker, time, wall, composition } = options;
  let isUp = false;
  let isGone = false;
  let isPaused = false;
  let isLeaving = false;
  let backlog: (() => void)[] = [];

  const inside = (run: () => void): void => {
    if (isGone) return;
    if (isPaused) backlog.push(run);
    else run();
  };
  /** What runs may settle a promise. */
  const insideThenSettle = (run: () => void): void =>
    inside(() => {
      run();
      time.settle();
    });
  const client: Client = {
    replica,
    after: (milliseconds, run) => time.at(time.now + milliseconds, () => inside(run)),
    get isGone() {
      return isGone;
    },
  };
  const timers: Timers = {
    elapsed: () => time.now,
    after(milliseconds, callback) {
      let isCancelled = false;
      client.after(milliseconds, () => {
        if (isCancelled) return;
        callback();
        time.settle();
      });
      return () => {
        isCancelled = true;
      };
    },
  };

  const bus = broker.busOf(client);
  const now = (): number => Math.round(wall());
  const { component, service, entity, value } = model;
  const { lease, handlers } = component;
  const handler = handlers.heartbeat;
  const method = service.methods.find((each) => each.handler === "heartbeat");
  if (lease === undefined || handler === undefined || method === undefined)
    throw new Error("the register has no lease");

  const rules = model.forgets ? { ...simulatedRules, refreshEveryMs: forgetting.refreshEveryMs } : simulatedRules;
  const real = createLeaseProtocol({
    rules,
    profile: simulatedProfile,
    replica: name,
    salt: options.salt,
  });
  const protocol = composition.protocol(
    changed(real, {
      beat(key, beat, monotonic) {
        options.onBeat(key);
        real.beat(key, beat, monotonic);
      },
    }),
    name,
  );
  const register = createRegisterEntities({
    type: entity.entityType,
    source: service.fullName,
    value,
    emptyValue: component.emptyValue,
    logTopic: registerTopic,
    seenVersion: component.seenVersion,
    restated: component.restated,
    bus,
    clock: createVersionClock(now, options.tag),
    now,
    log: quiet,
    timers,
    lease: createRegisterLease({
      topic: leaseTopic,
      bus,
      log: quiet,
      timers,
      instant: () => ({ monotonic: time.now, wall: now() }),
      wall: now,
      rules,
      profile: simulatedProfile,
      protocol,
      duties: {
        isHeld: lease.isHeld,
        command: lease.command,
        handler,
        keyFields: method.keyFields,
        forget: lease.forget,
      },
    }),
    tombstonesKeptMs: forgetting.tombstonesKeptMs,
  });
  const directory = createDirectory(new Map(), new Map());
  const answers = createAnswers(directory, createSideEffects(directory, bus, quiet), bus);
  const heartbeat = bindEntity(component, service, composition.host(register), answers).get("heartbeat");
  if (heartbeat === undefined) throw new Error("the register has no method heartbeat");

  insideThenSettle(() => {
    void register
      .start(() => {})
      .then(() => {
        isUp = true;
      });
  });

  return {
    replica,
    get isUp() {
      return isUp && !isGone && !isLeaving;
    },
    get isGone() {
      return isGone;
    },
    get isPaused() {
      return isPaused;
    },
    read(key) {
      const { value: held } = register.peek(key);
      return held === undefined ? undefined : Heartbeat.fromPartial(held);
    },
    call: (command, deadline) =>
      new Promise((resolve, reject) => {
        insideThenSettle(() => {
          const context: CallContext = {
            signal: new AbortController().signal,
            deadline: now() + deadline - time.now,
            get isCancelled() {
              return time.now > deadline;
            },
            header: () => undefined,
            headers: {},
            cloudEvent: undefined,
            now,
          };
          runUnit({ bus, context }, (unit) => heartbeat.run(unit, command)).then(
            (reply) => insideThenSettle(() => resolve(Heartbeat.fromPartial(reply ?? {}))),
            (error: unknown) => insideThenSettle(() => reject(error)),
          );
        });
      }),
    crash() {
      isGone = true;
      backlog = [];
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      for (const run of backlog.splice(0)) inside(run);
    },
    async stop() {
      isLeaving = true;
      await register.close();
      isGone = true;
    },
  };
};
