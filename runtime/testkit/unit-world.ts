import { openSqlitePorts } from "../adapters/sqlite/ports.ts";
import { type BoundApplication, bindApplication } from "../binding/application.ts";
import { topicsOf } from "../binding/topics.ts";
import type { CallContext } from "../component/context.ts";
import type { OutgoingRecord, Ports } from "../ports.ts";
import type { CheckedApplication } from "./message-types.ts";
import { recordingLog } from "./recording-log.ts";
import { createTestClock, type TestClock } from "./test-clock.ts";
import { watchPorts } from "./watched-ports.ts";

/** An application that nothing calls but the test: without gRPC, and without consumers. */
export type UnitWorld = {
  readonly bound: BoundApplication;
  readonly ports: Ports;
  readonly clock: TestClock;
  readonly published: readonly OutgoingRecord[];
  readonly context: CallContext;
};

const startAt = Date.parse("2026-01-01T00:00:00Z");

/** Runs the work on an application that has nothing stored, and forgets it. */
export const inUnitWorld = async <T>(
  { application, model }: CheckedApplication,
  work: (world: UnitWorld) => Promise<T>,
): Promise<T> => {
  const clock = createTestClock(startAt);
  const { now, timers } = clock;
  const embedded = openSqlitePorts({ folder: ":memory:", now, timers });
  try {
    const { ports, published } = watchPorts(embedded, clock.activity);
    const log = recordingLog();
    const bound = bindApplication(application, model, { ports, log, now, timers, maxResponseBytes: 16 << 20 });
    await ports.bus.ensureTopics(topicsOf(application, bound));
    await ports.entities.open(bound.entityTypes);
    await ports.entities.journal.open(bound.journalTypes);
    for (const view of bound.views) await view.open();
    // There is nothing yet that a view would have to read from a store.
    for (const { onBackfilled } of bound.consumers) onBackfilled?.();
    try {
      let failure: unknown;
      const onError = (error: unknown): void => {
        failure = error;
      };
      for (const entities of bound.followed) await clock.during(entities.start(onError));
      const result = await work({ bound, ports, clock, published, context: contextAt(now) });
      await clock.activity.settled();
      if (failure !== undefined) throw failure;
      return result;
    } finally {
      await clock.during(Promise.all([...bound.followed, ...bound.views].map((each) => each.close())));
    }
  } finally {
    await embedded.close();
  }
};

const contextAt = (now: () => number): CallContext => ({
  signal: new AbortController().signal,
  deadline: undefined,
  isCancelled: false,
  header: () => undefined,
  headers: {},
  cloudEvent: undefined,
  now,
});
