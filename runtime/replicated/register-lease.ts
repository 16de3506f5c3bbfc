import type { Message } from "../codec.ts";
import type { HostLeases, LeaseMark } from "../entity/host.ts";
import { MeshError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { EventBus, Follower, LogRecord } from "../ports.ts";
import type { Timers } from "../timers.ts";
import { grantedLeaseMs, intervalOf, type LeaseProfile } from "./lease-profile.ts";
import type { Instant, LeaseEffect, LeaseProtocol } from "./lease-protocol.ts";
import { decodeLeaseRecord } from "./lease-record.ts";
import type { LeaseRules } from "./lease-rules.ts";
import { type Duties, performDuty, type RegisterKeeper } from "./register-duties.ts";
import { hashText } from "./rendezvous.ts";

export type RegisterLeaseOptions = {
  readonly topic: string;
  readonly bus: EventBus;
  readonly log: Log;
  readonly timers: Timers;
  readonly instant: () => Instant;
  /** The wall's part of an instant, for where nothing else is asked. */
  readonly wall: () => number;
  readonly rules: LeaseRules;
  readonly profile: LeaseProfile;
  readonly protocol: LeaseProtocol;
  readonly duties: Duties;
};

/** Runs the lease protocol of a register: its log, its ticks, and what it wants done. */
export type RegisterLease = {
  readonly topic: string;
  readonly leases: HostLeases;
  /** Reads the lease log; resolves when what stood in it has been read. */
  follow(onError: (error: unknown) => void): Promise<void>;
  /** After the register's own log has been read too; resolves when this replica may answer. */
  begin(keeper: RegisterKeeper): Promise<void>;
  readChange(key: string, value: Message | undefined, mark: LeaseMark, appendedAt: number | undefined): void;
  readLast(key: string, isWinner: boolean): void;
  /** The register holds nothing of the key any more. */
  forget(key: string): void;
  readonly isOpen: boolean;
  /** Throws while this replica must not answer. */
  requireOpen(): void;
  /** What a record that says again what stands tells of the key's lease. */
  markOf(key: string): LeaseMark | undefined;
  /** Resolves when the others know of every beat taken here, or cannot be told. */
  close(): Promise<void>;
};

const farewellMs = 3000;

export const createRegisterLease = (options: RegisterLeaseOptions): RegisterLease => {
  const { topic, bus, log, timers, instant, wall, rules, profile, protocol, duties } = options;
  let follower: Follower | undefined;
  let isAppending = false;
  let wasSkewed = false;
  let stopTicking = (): void => {};
  let onChange = (): void => {};
  let judge = (): void => {};
  let isJudging = false;

  /** Once for all records that came together: a later one of them may tell of a beat. */
  const judgeSoon = (): void => {
    if (isJudging) return;
    isJudging = true;
    timers.after(
      0,
      () => {
        isJudging = false;
        judge();
      },
      { ref: false },
    );
  };

  const onRecord = ({ partition, offset, timestamp, value }: LogRecord): void => {
    try {
      const record = decodeLeaseRecord(value ?? new Uint8Array());
      protocol.readRecord(Number(offset), timestamp, record, instant());
      if (protocol.isSkewed && !wasSkewed) log.warn({ topic }, "this clock and the event log's differ by seconds");
      wasSkewed = protocol.isSkewed;
    } catch (error) {
      log.error({ topic, partition, offset, error }, "a record is no part of the lease log");
    }
    onChange();
    judgeSoon();
  };

  const append = (value: Uint8Array): void => {
    isAppending = true;
    bus
      .publish([{ topic, key: undefined, value, headers: {} }])
      // Its beats go with the next record as well; nothing depends on this one.
      .catch((error: unknown) => log.warn({ topic, error }, "a record of the lease log was not written"))
      .finally(() => {
        isAppending = false;
      });
  };

  const requireOpen = (now = timers.elapsed()): void => {
    const reason = protocol.refusal(now);
    if (reason === undefined) return;
    throw new MeshError("FENCED", `this replica must not answer now: ${reason}; try another`, { retryAfterMs: 200 });
  };

  const isOpen = (): boolean => protocol.refusal(timers.elapsed()) === undefined;

  const orderOf = ({
    sessionId = "",
    sequence = 0n,
  }: {
    sessionId?: string | undefined;
    sequence?: bigint | undefined;
  }) =>
    // Without a sequence there is no order; one too large for a number counts as the largest.
    sequence <= 0n ? noOrder : { session: hashText(sessionId) || 1, sequence: Math.min(Number(sequence), maxSequence) };

  const count: (key: string, mark: LeaseMark, now: number) => void = (
    key,
    { leaseMs, toldMs = leaseMs, session = 0, sequence = 0 },
    now,
  ) => {
    if (leaseMs !== undefined && toldMs !== undefined) protocol.beat(key, { leaseMs, toldMs, session, sequence }, now);
  };

  const leases: HostLeases = {
    grant(key, wish) {
      const toldMs = grantedLeaseMs(profile, wish);
      // Until the device has heard of a shorter interval it keeps the one it was told before.
      const leaseMs = Math.max(toldMs, protocol.toldMsOf(key));
      const { session, sequence } = orderOf(wish);
      const terms = { leaseUntil: wall() + leaseMs, nextBeatMs: intervalOf(toldMs) };
      return { terms, mark: { leaseMs, toldMs, session, sequence } };
    },
    keep(key, mark) {
      const now = timers.elapsed();
      requireOpen(now);
      count(key, mark, now);
    },
    extend: (key, mark) => count(key, mark, timers.elapsed()),
    end: orderOf,
    isOld(key, order) {
      const { session, sequence } = orderOf(order);
      return session !== 0 && sequence <= (protocol.lastSequence(key, session) ?? -1);
    },
  };

  const begin: RegisterLease["begin"] = (keeper) => {
    protocol.caughtUp(instant());
    const perform = (effects: readonly LeaseEffect[]): void => {
      for (const effect of effects) {
        if (effect.kind === "append") append(effect.record);
        else
          performDuty(duties, keeper, bus, instant().wall, effect).catch((error: unknown) =>
            log.warn({ key: effect.key, kind: effect.kind, error }, "a duty was not done; it comes again"),
          );
      }
    };
    judge = () => perform(protocol.judge(instant(), keeper.isBusy));
    const tick = (): void => {
      stopTicking = timers.after(rules.appendEveryMs, tick, { ref: false });
      keeper.dropForgotten(instant().wall);
      perform(protocol.tick(instant(), keeper.isBusy, !isAppending));
      onChange();
    };
    return new Promise((resolve) => {
      onChange = () => {
        if (!isOpen()) return;
        onChange = () => {};
        resolve();
      };
      tick();
    });
  };

  return {
    topic,
    leases,
    async follow(onError) {
      follower = await bus.follow({ topic, onRecord, onError });
      await follower.caughtUp;
    },
    begin,
    readChange(key, value, { leaseMs, toldMs, session = 0, sequence = 0, covers }, appendedAt) {
      const isHeld = value !== undefined && duties.isHeld(value);
      protocol.readChange(key, { isHeld, leaseMs, toldMs, session, sequence, covers, appendedAt });
    },
    readLast: (key, isWinner) => protocol.readLast(key, isWinner, instant()),
    forget: protocol.forget,
    get isOpen() {
      return isOpen();
    },
    requireOpen,
    markOf: protocol.markOf,
    async close() {
      protocol.leave();
      const until = timers.elapsed() + farewellMs;
      // Ticks go on: the next one tells the others, and its record comes back.
      while (!protocol.hasLeft && timers.elapsed() < until && follower !== undefined) {
        await new Promise<void>((resolve) => {
          timers.after(20, resolve);
        });
      }
      stopTicking();
      await follower?.close();
    },
  };
};

const maxSequence = 2 ** 48;
const noOrder = { session: 0, sequence: 0 };
