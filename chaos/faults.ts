import { setTimeout as delay } from "node:timers/promises";
import type { Mesh } from "../test/support/mesh.ts";
import type { Part } from "../test/support/mesh-part.ts";
import { killEmbedded } from "./embedded-stage.ts";
import { churn, freeze, kill, killAll, restartOneByOne } from "./fault-kinds.ts";
import { type MeshFault, meshFault } from "./mesh-stage.ts";
import { poison } from "./poison.ts";
import { presenceFaults } from "./presence-faults.ts";
import type { Fault } from "./stage.ts";

// The session of a consumer lasts 10 s.
const pastSessionMs = 14_000;
// A beat is given up after 5 s.
const pastDeadlineMs = 8000;
const backlogMs = 5000;
const busyMs = 400;
const brokerAwayMs = 20_000;
/** Of each kind, on each topic. */
const poisonRecords = 50;

/** Behind a stop waits more work than usual, and the kill comes in the middle of it. */
const killBusy =
  (choose: (mesh: Mesh) => readonly Part[]): MeshFault["begin"] =>
  async (mesh, random) => {
    const parts = choose(mesh);
    for (const part of parts) await part.kill("SIGSTOP");
    await delay(backlogMs);
    for (const part of parts) await part.kill("SIGCONT");
    await delay(random() * busyMs);
    return killAll(parts);
  };

const restartInOrder = async ({ kafka, mongod, envoy, ...services }: Mesh): Promise<void> => {
  await Promise.all([...kafka.brokers, ...mongod.members].map((part) => part.restart()));
  const others = [...services.heartbeat, ...services.state, ...services.view, envoy];
  await Promise.all(others.map((part) => part?.restart()));
};

/** Each part once all those before it have taken up their work again. There is one Envoy, which stays. */
const rollAll: MeshFault = {
  what: "a rolling restart of three brokers, three mongods and all services, without one failed call",
  isSeamless: true,
  mesh: { envoy: true, kafkaBrokers: 3, mongoMembers: 3, replicas: { heartbeat: 3, state: 2, view: 2 } },
  ride: { riders: 200 },
  begin: async ({ kafka, mongod, heartbeat, state, view }) => [
    ...kafka.brokers,
    ...mongod.members,
    ...heartbeat,
    ...state,
    ...view,
  ],
  mend: restartOneByOne(({ kafka, mongod }) => Promise.all([kafka.whole(), mongod.whole()])),
};

/** All faults, in the order in which `make chaos` makes them. */
export const faults: readonly Fault[] = [
  meshFault("kill-heartbeat", { what: "kill -9 of heartbeat-svc", begin: kill(({ heartbeat }) => heartbeat) }),
  meshFault("kill-state", { what: "kill -9 of state-svc", begin: kill(({ state }) => state) }),
  meshFault("kill-view", { what: "kill -9 of view-svc", begin: kill(({ view }) => view) }),
  meshFault("kill-busy-state", {
    what: "kill -9 of state-svc amid a backlog of 5 s",
    begin: killBusy(({ state }) => state),
  }),
  meshFault("kill-busy-view", {
    what: "kill -9 of view-svc amid a backlog of 5 s",
    begin: killBusy(({ view }) => view),
  }),
  meshFault("kill-broker", { what: "kill -9 of the only broker", begin: kill(({ kafka }) => kafka.brokers) }),
  meshFault("kill-mongod", { what: "kill -9 of the only mongod", begin: kill(({ mongod }) => mongod.members) }),
  meshFault("kill-envoy", {
    what: "kill -9 of Envoy, with the riders behind it",
    mesh: { envoy: true },
    begin: kill(({ envoy }) => [envoy]),
  }),
  meshFault("restart-all", {
    what: "kill -9 of everything at once",
    mesh: { envoy: true },
    begin: kill(({ parts }) => parts),
    mend: restartInOrder,
  }),
  meshFault("rolling-all", rollAll),
  meshFault("freeze-state", {
    what: "one of two state-svc stops past its session, and wakes as a zombie",
    mesh: { replicas: { state: 2 } },
    ...freeze(({ state }) => state[0], pastSessionMs),
  }),
  meshFault("freeze-view", {
    what: "one of two view-svc stops past its session, and wakes as a zombie",
    mesh: { replicas: { view: 2 } },
    ...freeze(({ view }) => view[0], pastSessionMs),
  }),
  meshFault("broker-away", {
    what: "the only broker stops for 20 s",
    ...freeze(({ kafka }) => kafka.brokers[0], brokerAwayMs),
  }),
  meshFault("step-down", {
    what: "the primary of three mongod steps down",
    mesh: { mongoMembers: 3 },
    begin: async ({ mongod }) => [await mongod.stepDown()],
    mend: async ({ mongod }) => void (await mongod.primary()),
  }),
  meshFault("churn", {
    what: "a second state-svc joins and leaves every few seconds, in order and by kill -9 in turn",
    ...churn(async ({ add }) => [await add("state")]),
  }),
  meshFault("two-heartbeats", {
    what: "kill -9 of one of two heartbeat-svc, with each rider's beats spread over both",
    mesh: { replicas: { heartbeat: 2 } },
    begin: kill(({ heartbeat }) => heartbeat.slice(0, 1)),
  }),
  meshFault("freeze-heartbeat", {
    what: "one of two heartbeat-svc stops for a while, with each rider's beats spread over both",
    mesh: { replicas: { heartbeat: 2 } },
    ...freeze(({ heartbeat }) => heartbeat[0], pastDeadlineMs),
  }),
  meshFault("poison", {
    what: "records that no consumer can take, on both topics; each must become a dead letter",
    begin: async (mesh) => {
      const ports = await mesh.openPorts();
      try {
        await poison(ports.bus, poisonRecords);
      } finally {
        await ports.close();
      }
      return [...mesh.state, ...mesh.view];
    },
    mend: async () => {},
  }),
  ...presenceFaults,
  killEmbedded,
];
