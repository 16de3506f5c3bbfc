import { type Channel, type Client, type CompatServiceDefinition, createClientFactory } from "nice-grpc";
import { openSqlitePorts } from "../adapters/sqlite/ports.ts";
import type { Application } from "../component/application.ts";
import { compileContract } from "../contract/compile.ts";
import type { Served, ServeOptions } from "../serve.ts";
import { connectTo } from "./channel.ts";
import { countCalls } from "./counted-calls.ts";
import { messageTypesOf } from "./message-types.ts";
import { type RecordingLog, recordingLog } from "./recording-log.ts";
import { serveForTest } from "./serve-for-test.ts";
import { createTestClock } from "./test-clock.ts";
import { createTopicProbe, type TopicProbe } from "./topic-probe.ts";
import { watchPorts } from "./watched-ports.ts";

export type TestkitOptions = Pick<ServeOptions, "environment"> & {
  /** What the clock shows at the start. */
  readonly startAt?: Date;
};

/** Applications that run in this process, over a store in memory, by a clock that the test moves. */
export type Testkit = {
  /** A client of a service that one of the applications serves; its calls go over gRPC. */
  client<D extends CompatServiceDefinition & { readonly fullName: string }>(definition: D): Client<D>;
  /** A topic, from the first message the applications have published to it. */
  topic(name: string): TopicProbe;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Lets time pass: leases lapse, and what is tried again is, with all that comes of it. */
  advance(milliseconds: number): Promise<void>;
  /** Resolves when nothing goes on any more but what waits for time to pass. */
  settled(): Promise<void>;
  /** What the applications have logged. */
  readonly log: RecordingLog;
  close(): Promise<void>;
};

const defaultStart = new Date("2026-01-01T00:00:00Z");

/** Starts applications as one mesh, with everything but engines: gRPC on free ports, topics, consumers, leases. */
export const startTestkit = async (
  applications: Application | readonly Application[],
  { startAt = defaultStart, environment = {} }: TestkitOptions = {},
): Promise<Testkit> => {
  const clock = createTestClock(startAt.getTime());
  const { activity } = clock;
  const log = recordingLog();
  const embedded = openSqlitePorts({ folder: ":memory:", now: clock.now, timers: clock.timers });
  const { ports, published } = watchPorts(embedded, activity);
  const served: Served[] = [];
  const channels = new Map<string, Channel>();
  const all = "components" in applications ? [applications] : applications;

  const close = async (): Promise<void> => {
    for (const channel of new Set(channels.values())) channel.close();
    await clock.during(Promise.all(served.splice(0).map((each) => each.close())));
    await embedded.close();
  };

  try {
    for (const application of all) {
      const started = await serveForTest(
        application,
        { ports, log },
        { environment, now: clock.now, timers: clock.timers },
      );
      served.push(started);
      const channel = await connectTo(`127.0.0.1:${started.port}`);
      for (const { definition } of application.components) channels.set(definition.fullName, channel);
    }
    await activity.settled();
  } catch (error) {
    await close();
    throw error;
  }

  const clients = createClientFactory().use(countCalls(activity));
  const types = messageTypesOf(
    all.map((application) => ({ application, model: compileContract(application.descriptors).model })),
  );
  const probes = new Map<string, TopicProbe>();

  return {
    client(definition) {
      const channel = channels.get(definition.fullName);
      if (channel !== undefined) return clients.create(definition, channel);
      const names = all.map(({ name }) => name).join(", ");
      throw new Error(`${definition.fullName} is served by none of ${names}`);
    },
    topic(topic) {
      const { bus } = embedded;
      const probe = probes.get(topic) ?? createTopicProbe({ topic, bus, published, types, settled: activity.settled });
      probes.set(topic, probe);
      return probe;
    },
    now: clock.now,
    advance: clock.advance,
    settled: activity.settled,
    log,
    close,
  };
};
