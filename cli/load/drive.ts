import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createCalendar } from "./calendar.ts";
import type { MeshClient } from "./mesh-client.ts";
import { createRandom, type Random } from "./random.ts";
import { afterBeat, type Habits, newRider, nextStep, type Rider } from "./rider.ts";
import type { Tally } from "./tally.ts";

const tickMs = 2;
const jitter = 0.2;

export type Plan = {
  readonly riders: number;
  readonly durationMs: number;
  /** The riders join one after the other over this time. */
  readonly rampMs: number;
  /** Between two beats of a rider, more or less. */
  readonly intervalMs: number;
  /** After it a beat counts as of unknown outcome. */
  readonly deadlineMs: number;
  /** Beats under way or waiting for their rider; one more is not sent. */
  readonly maxOpen: number;
  readonly habits: Habits;
  readonly prefix: string;
  readonly seed: number;
};

/** A rider, whether it has a beat under way, and when those were due that wait for it. */
type Seat = { rider: Rider; readonly random: Random; isBusy: boolean; readonly waiting: number[] };

/**
 * Lets the riders ride. The schedule never waits for an answer; only a rider with a beat under way waits, so
 * that the order of its own beats is known. Resolves when the time is up and every beat has ended.
 */
export const drive = async (
  plan: Plan,
  mesh: MeshClient,
  tally: Tally,
  signal: AbortSignal,
): Promise<readonly Rider[]> => {
  const { riders, durationMs, rampMs, intervalMs, deadlineMs, maxOpen, habits, prefix, seed } = plan;
  const calendar = createCalendar();
  const random = createRandom(seed);
  const startedAt = performance.now();
  const now = (): number => performance.now() - startedAt;
  const sessionId = randomUUID();
  let open = 0;
  let onIdle = (): void => {};

  const seats = Array.from({ length: riders }, (_, i): Seat => {
    calendar.add({ at: (i / riders) * rampMs, rider: i });
    const rider = newRider(`${prefix}rider-${i}`, "phone");
    return { rider, random: createRandom(seed + i + 1), isBusy: false, waiting: [] };
  });

  const send = (seat: Seat, dueAt: number): void => {
    const { rider, isBeat } = nextStep(seat.rider, habits, seat.random);
    seat.rider = rider;
    if (!isBeat) {
      leave();
      sendWaiting(seat);
      return;
    }
    seat.isBusy = true;
    const sentAt = now();
    const { userId, deviceId, wish, version, sequence } = rider;
    void mesh.beat({ userId, deviceId, said: wish, version, sessionId, sequence }, deadlineMs).then((outcome) => {
      tally.ended(dueAt, sentAt, now(), outcome);
      seat.rider = afterBeat(seat.rider, wish, outcome, seat.random);
      seat.isBusy = false;
      leave();
      sendWaiting(seat);
    });
  };
  const sendWaiting = (seat: Seat): void => {
    // Behind a server that answers nothing, each would wait out its deadline.
    while (seat.waiting.length > 0 && now() > durationMs + deadlineMs) {
      seat.waiting.shift();
      tally.overloaded(now());
      leave();
    }
    const dueAt = seat.waiting.shift();
    if (dueAt !== undefined) send(seat, dueAt);
  };
  const leave = (): void => {
    open -= 1;
    if (open === 0) onIdle();
  };
  const onDue = (seat: Seat, dueAt: number): void => {
    if (open >= maxOpen) {
      tally.overloaded(now());
      return;
    }
    open += 1;
    if (seat.isBusy) {
      tally.late();
      seat.waiting.push(dueAt);
      return;
    }
    tally.lag.record(now() - dueAt);
    send(seat, dueAt);
  };

  while (now() < durationMs && !signal.aborted) {
    for (const { at, rider } of calendar.take(now())) {
      const next = at + intervalMs * (1 - jitter / 2 + jitter * random());
      calendar.add({ at: next, rider });
      onDue(seats[rider] as Seat, at);
    }
    await delay(tickMs);
  }
  if (open > 0) {
    await new Promise<void>((resolve) => {
      onIdle = resolve;
    });
  }
  return seats.map(({ rider }) => rider);
};
