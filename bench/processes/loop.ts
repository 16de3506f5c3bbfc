import { answerParent, startCounting } from "./answer-parent.ts";
import { createMeter, type Meter } from "./meter.ts";

/** Where a loop reads and writes. */
export type LoopPlace = {
  readonly kafka: string;
  readonly mongodb: string;
  /** New for each run. */
  readonly database: string;
  readonly coalesceMs: number;
};

/** Starts reading topics from the beginning; gives how it is stopped. */
export type StartLoop = (place: LoopPlace, meter: Meter) => Promise<() => Promise<void>>;

/** A process in which the parent starts and stops a loop, again and again: what it has compiled stays warm. */
export const serveLoop = (startLoop: StartLoop): void => {
  const meter = createMeter();
  let stop = async (): Promise<void> => {};
  answerParent({
    async start(place: LoopPlace) {
      meter.restart();
      stop = await startLoop(place, meter);
    },
    stop: () => stop(),
    progress: meter.progress,
    cost: startCounting(),
  });
};
