import { type BoundApplication, bindApplication } from "./binding/application.ts";
import type { RepairPlan } from "./binding/repairs.ts";
import { withPathsKept } from "./binding/rest-paths.ts";
import { topicsOf } from "./binding/topics.ts";
import { trimmedEndpoints } from "./binding/trimmed-endpoints.ts";
import type { ExplainedQuery } from "./binding/views.ts";
import type { Application } from "./component/application.ts";
import { compileContract } from "./contract/compile.ts";
import { readDescriptors } from "./contract/descriptors.ts";
import type { Model } from "./contract/model.ts";
import { printMistake } from "./contract/report.ts";
import { type Environment, topicName } from "./contract/topic-names.ts";
import { startRelay } from "./entity/relay.ts";
import { MeshError } from "./errors.ts";
import { startConsumer } from "./eventing/consumer.ts";
import { startSourcedConsumer } from "./eventing/sourced-consumer.ts";
import { startTopicRepair } from "./eventing/topic-repair.ts";
import { clockedEndpoint } from "./grpc/clocked-endpoint.ts";
import { reflectionEndpoints } from "./grpc/reflection.ts";
import { type RunningGrpcServer, startGrpcServer } from "./grpc/server.ts";
import { type Health, startHealth } from "./health.ts";
import type { Log } from "./log.ts";
import type { Ports, Reader } from "./ports.ts";
import { serviceAddresses } from "./service-addresses.ts";
import { processTimers, type Timers } from "./timers.ts";
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
  /** Addresses of services of other processes, as ROLLCALL_SERVICES has them. */
  readonly services?: string;
  /** Variables that may stand in the names of topics, as `${NAME}`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** What leases, retries and repairs wait by; those of the process by default. */
  readonly timers?: Timers;
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
export const serve = async (given: Application, options: ServeOptions): Promise<Served> => {
  const { ports, log: parentLog, now = Date.now, timers = processTimers } = options;
  const { environment, maxResponseBytes } = options;
  const { application: app, model } = checkedApplication(given, environment);
  const log = parentLog.child({ service: app.name });
  const addresses = addressesOf(options.services);
  const bound = bindApplication(app, model, { ports, log, now, timers, maxResponseBytes, addresses });

  await ports.bus.ensureTopics(topicsOf(app, bound));
  await ports.entities.open(bound.entityTypes);
  await ports.entities.journal.open(bound.journalTypes);
  await Promise.all(bound.views.map((view) => view.open()));

  const registry = readDescriptors(app.descriptors);
  const listed =
    app.reflects === "all"
      ? exposedServices(model)
      : [...bound.needs.keys()].filter((name) => exposedServices(model).includes(name));
  // Calls tell the process's own time without anything in between.
  const checked = withPathsKept(bound.endpoints, model);
  const served = [...checked, ...trimmedEndpoints(checked, model)];
  const endpoints = now === Date.now ? served : served.map((each) => clockedEndpoint(each, now));
  const server = await startGrpcServer({
    ...options,
    log,
    endpoints: [...endpoints, ...reflectionEndpoints(registry, [...listed, ...builtIn])],
  });
  const stop = await start(bound, server, options, { log, now, timers });
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

/** Policies of topics under the names that the topics have here. */
const withTopicPolicies = (app: Application, environment: Environment): Application => {
  const policies = Object.entries(app.topics ?? {});
  return { ...app, topics: Object.fromEntries(policies.map(([name, each]) => [topicName(name, environment), each])) };
};

/** An application under the names that its topics have here, and what it declares. Throws INVALID_CONTRACT with all mistakes. */
export const checkedApplication = (
  given: Application,
  environment: Environment = {},
): { readonly application: Application; readonly model: Model } => {
  const application = withTopicPolicies(given, environment);
  return { application, model: checkedModel(application, environment) };
};

/** What the application declares. Throws INVALID_CONTRACT with all mistakes at once. */
const checkedModel = (app: Application, environment: Environment): Model => {
  const serves = app.components.map(({ definition }) => definition.fullName);
  const { model, mistakes } = compileContract(app.descriptors, { environment, serves });
  const all = [...mistakes, ...checkViews(model)];
  if (all.length > 0)
    throw new MeshError(
      "INVALID_CONTRACT",
      `${app.name} cannot start\n${all.map((mistake) => printMistake(mistake)).join("\n")}`,
    );
  return model;
};

const addressesOf = (text = ""): ReadonlyMap<string, string> => {
  const addresses = serviceAddresses(text);
  if ("problem" in addresses) throw new MeshError("INVALID_CONFIG", `services ${addresses.problem}`);
  return addresses;
};

const exposedServices = ({ services }: Model): string[] =>
  [...services.values()]
    .filter(({ methods }) => methods.some((method) => method.isExposed))
    .map(({ fullName }) => fullName);

/** What everything that runs is given. */
type Shared = { readonly log: Log; readonly now: () => number; readonly timers: Timers };

const startRepair = ({ topic, entities, recordOf }: RepairPlan, { bus }: Ports, { log, now, timers }: Shared): Reader =>
  startTopicRepair({
    topic,
    bus,
    missing: entities.newerThan,
    restate: (key, version) => entities.republish(key, version, (stored, state) => recordOf(stored, state, now())),
    timers,
    log,
  });

/** Health turns SERVING when what lives in memory has caught up; resolves when the consumers run as well. */
const start = async (
  bound: BoundApplication,
  server: RunningGrpcServer,
  { ports, giveUpAfterMs, shutdownMs }: ServeOptions,
  shared: Shared,
): Promise<() => Promise<void>> => {
  const { log, timers } = shared;
  const readers: Reader[] = [...bound.followed, ...bound.views];
  const setServing = (isServing: boolean): void => {
    for (const name of ["", ...bound.needs.keys()]) server.setServing(name, isServing);
  };
  let health: Health | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    const startedAt = performance.now();
    await health?.stop();
    setServing(false);
    const stopped = server.stop(graceMs);
    // Live queries would never end by themselves; whoever watches is told to go to another replica.
    await Promise.all(bound.views.map((view) => view.endLive()));
    await stopped;
    // What a consumer has asked of a service elsewhere must not keep this one from ending; it is asked again.
    const breakOff = setTimeout(bound.directory.close, Math.max(0, graceMs / 2 - (performance.now() - startedAt)));
    // What writes goes before what it writes with.
    for (const reader of readers.toReversed()) {
      await reader.close().catch((error: unknown) => log.error({ error }, "a reader did not stop in order"));
    }
    clearTimeout(breakOff);
    bound.directory.close();
    log.info("stopped");
  };
  const onLogError = (error: unknown): void => {
    log.error({ error }, "replicated entities lost their log");
  };

  setServing(false);
  try {
    await Promise.all(bound.followed.map((entities) => entities.start(onLogError)));
    readers.push(startRelay(bound.relayed, timers, log));
    for (const wake of bound.wakes) readers.push(wake.start());
    for (const repair of bound.repairs) readers.push(startRepair(repair, ports, shared));
    readers.push(bound.sideEffects.reader(shutdownMs));
    // Calls need no consumer, and a group may take a while to let one in: consumers have a health of their own.
    health = startHealth({ needs: bound.needs, setServing: server.setServing, log });
    const joining = bound.consumers.map(async (plan) => {
      const onHealth = (isServing: boolean): void => server.setServing(`consumer/${plan.group}`, isServing);
      onHealth(false);
      const options = { ...plan, ...shared, bus: ports.bus, giveUpAfterMs, onHealth };
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
