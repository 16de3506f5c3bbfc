import { type BoundApplication, bindApplication } from "./binding/application.ts";
import type { RepairPlan } from "./binding/repairs.ts";
import { topicsOf } from "./binding/topics.ts";
import type { ExplainedQuery } from "./binding/views.ts";
import type { Application } from "./component/application.ts";
import { compileContract } from "./contract/compile.ts";
import { readDescriptors } from "./contract/descriptors.ts";
import type { Model } from "./contract/model.ts";
import { printMistake } from "./contract/report.ts";
import { startRelay } from "./entity/relay.ts";
import { MeshError } from "./errors.ts";
import { startConsumer } from "./eventing/consumer.ts";
import { startSourcedConsumer } from "./eventing/sourced-consumer.ts";
import { startTopicRepair } from "./eventing/topic-repair.ts";
import { reflectionEndpoints } from "./grpc/reflection.ts";
import { type RunningGrpcServer, startGrpcServer } from "./grpc/server.ts";
import { type Health, startHealth } from "./health.ts";
import type { Log } from "./log.ts";
import type { Ports, Reader } from "./ports.ts";
import { checkViews } from "./view/check-views.ts";

export type ServeOptions = {
  readonly ports: Ports;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  readonly maxCalls: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly giveUpAfterMs: number;
  readonly shutdownMs: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
};

/** A running application. */
export type Served = {
  readonly port: number;
  /** The store's plan for a query of this application, by gRPC path; `undefined` when it has no such query. */
  explain(path: string, request: Uint8Array): Promise<ExplainedQuery | undefined>;
  /** NOT_SERVING, then calls end, then consumers, then what they wrote with; the ports stay open. */
  close(): Promise<void>;
};

/**
 * Starts an application over the ports of one way of running. Throws before anything listens when the contract
 * has mistakes; resolves when every service answers and every consumer reads.
 */
export const serve = async (app: Application, options: ServeOptions): Promise<Served> => {
  const { ports, log: parentLog, now = Date.now } = options;
  const log = parentLog.child({ service: app.name });
  const model = checkedModel(app);
  const bound = bindApplication(app, model, { ports, log, now, maxResponseBytes: options.maxResponseBytes });

  await ports.bus.ensureTopics(topicsOf(app, bound));
  await ports.entities.open(bound.entityTypes);
  await ports.entities.journal.open(bound.journalTypes);
  await Promise.all(bound.views.map((view) => view.open()));

  const registry = readDescriptors(app.descriptors);
  const listed =
    app.reflects === "all"
      ? exposedServices(model)
      : [...bound.needs.keys()].filter((name) => exposedServices(model).includes(name));
  const server = await startGrpcServer({
    ...options,
    log,
    endpoints: [...bound.endpoints, ...reflectionEndpoints(registry, [...listed, ...builtIn])],
  });
  const stop = await start(bound, server, options, log, now);
  log.info({ port: server.port }, "serving");
  const explain: Served["explain"] = async (path, request) => {
    for (const view of bound.views) {
      const explained = await view.explain(path, request);
      if (explained !== undefined) return explained;
    }
    return undefined;
  };
  return { port: server.port, explain, close: stop };
};

const builtIn = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

const checkedModel = (app: Application): Model => {
  const { model, mistakes } = compileContract(app.descriptors);
  const all = [...mistakes, ...checkViews(model)];
  if (all.length > 0)
    throw new MeshError(
      "INVALID_CONTRACT",
      `${app.name} cannot start\n${all.map((mistake) => printMistake(mistake)).join("\n")}`,
    );
  return model;
};

const exposedServices = ({ services }: Model): string[] =>
  [...services.values()]
    .filter(({ methods }) => methods.some((method) => method.isExposed))
    .map(({ fullName }) => fullName);

const startRepair = ({ topic, entities, recordOf }: RepairPlan, { bus }: Ports, log: Log, now: () => number): Reader =>
  startTopicRepair({
    topic,
    bus,
    missing: entities.newerThan,
    restate: (key, version) => entities.republish(key, version, (stored, state) => recordOf(stored, state, now())),
    log,
  });

/** Health turns SERVING when the registers have caught up; resolves when the consumers run as well. */
const start = async (
  bound: BoundApplication,
  server: RunningGrpcServer,
  { ports, giveUpAfterMs, shutdownMs }: ServeOptions,
  log: Log,
  now: () => number,
): Promise<() => Promise<void>> => {
  const readers: Reader[] = [...bound.registers, ...bound.views];
  const setServing = (isServing: boolean): void => {
    for (const name of ["", ...bound.needs.keys()]) server.setServing(name, isServing);
  };
  let health: Health | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    await health?.stop();
    setServing(false);
    const stopped = server.stop(graceMs);
    // Live queries would never end by themselves; whoever watches is told to go to another replica.
    await Promise.all(bound.views.map((view) => view.endLive()));
    await stopped;
    // What writes goes before what it writes with.
    for (const reader of readers.toReversed()) {
      await reader.close().catch((error: unknown) => log.error({ error }, "a reader did not stop in order"));
    }
    log.info("stopped");
  };
  const onRegisterError = (error: unknown): void => {
    log.error({ error }, "a register lost its log");
  };

  setServing(false);
  try {
    await Promise.all(bound.registers.map((register) => register.start(onRegisterError)));
    readers.push(startRelay(bound.relayed, log));
    for (const wake of bound.wakes) readers.push(wake.start());
    for (const repair of bound.repairs) readers.push(startRepair(repair, ports, log, now));
    // Calls need no consumer, and a group may take a while to let one in: consumers have a health of their own.
    health = startHealth({ needs: bound.needs, setServing: server.setServing, log });
    const joining = bound.consumers.map(async (plan) => {
      const onHealth = (isServing: boolean): void => server.setServing(`consumer/${plan.group}`, isServing);
      onHealth(false);
      const options = { ...plan, bus: ports.bus, log, giveUpAfterMs, now, onHealth };
      const { scans = [], handleScanned, onBackfilled = () => {} } = plan;
      if (scans.length > 0 && handleScanned !== undefined) {
        const store = ports.entities;
        readers.push(startSourcedConsumer({ ...options, store, scans, handleScanned, onBackfilled }));
      } else {
        readers.push(await startConsumer(options));
      }
    });
    for (const result of await Promise.allSettled(joining)) if (result.status === "rejected") throw result.reason;
  } catch (error) {
    await stop(0);
    throw error;
  }
  return () => stop(shutdownMs);
};
