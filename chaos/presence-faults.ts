import { setTimeout as delay } from "node:timers/promises";
import type { KafkaProxy } from "../test/support/kafka-proxy.ts";
import type { Mesh } from "../test/support/mesh.ts";
import type { Part } from "../test/support/mesh-part.ts";
import { churn, freeze, kill, restartOneByOne } from "./fault-kinds.ts";
import { type MeshFault, meshFault } from "./mesh-stage.ts";
import type { Fault } from "./stage.ts";

const pastLeaseMs = 8000;
const cutOffMs = 20_000;
const slowMs = 400;
const slowRounds = 4;
const swallowRounds = 6;
const mongodAwayMs = 30_000;
const brokerAwayMs = 60_000;

/** Riders of a second's beats, of whom some fall silent. They ask for long enough to be told offline meanwhile. */
const presence: Pick<MeshFault, "isShort" | "mesh" | "ride"> = {
  isShort: true,
  mesh: { envoy: true, replicas: { heartbeat: 3, state: 2, view: 2 } },
  ride: {
    riders: 100,
    intervalMs: 400,
    deadlineMs: 900,
    habits: { change: 0.02, leave: 0.01, silence: 0.004 },
    from: 6000,
    until: 9000,
    after: 12_000,
  },
};

const presenceFault = (name: string, fault: MeshFault): Fault => meshFault(name, { ...presence, ...fault });

const first = ({ heartbeat }: Mesh): readonly Part[] => heartbeat.slice(0, 1);

/** What the bus of one heartbeat-svc does, while Envoy goes on to send it heartbeats. */
const onItsBus = (what: string, happen: (proxy: KafkaProxy, random: () => number) => Promise<void>): MeshFault => ({
  what: `${what}, while Envoy still sends it heartbeats`,
  mesh: { ...presence.mesh, isProxied: true },
  begin: async (mesh) => first(mesh),
  async mend({ proxy }, _, random) {
    if (proxy === undefined) throw new Error("the fault needs a proxy");
    await happen(proxy, random);
  },
});

const rollServices: MeshFault = {
  what: "a rolling restart of all services, without one failed call",
  isSeamless: true,
  begin: async ({ heartbeat, state, view }) => [...heartbeat, ...state, ...view],
  mend: restartOneByOne(),
};

/**
 * Faults of three heartbeat-svc and two of each other service, behind Envoy, with leases of 2.5 s and riders that fall
 * silent: whom they make wrongly offline, and who stays online for too long, is found as well.
 */
export const presenceFaults: readonly Fault[] = [
  presenceFault("lease-kill", { what: "kill -9 of one of three heartbeat-svc", begin: kill(first) }),
  presenceFault("lease-freeze", {
    what: "one of three heartbeat-svc stops for longer than three leases",
    ...freeze(({ heartbeat }) => heartbeat[0], pastLeaseMs),
  }),
  presenceFault(
    "lease-cut-off",
    onItsBus("one of three heartbeat-svc is cut off the bus for 20 s", async (proxy) => {
      proxy.cut();
      await delay(cutOffMs);
      proxy.mend();
    }),
  ),
  presenceFault(
    "lease-slow-bus",
    onItsBus("the bus of one of three heartbeat-svc is slow by 0.4 s each way, and resets", async (proxy, random) => {
      proxy.delay(slowMs);
      for (let round = 0; round < slowRounds; round++) {
        await delay(2000 + random() * 3000);
        proxy.reset();
      }
      proxy.delay(0);
    }),
  ),
  presenceFault(
    "lease-swallow",
    onItsBus("answers to writes of one of three heartbeat-svc never arrive", async (proxy, random) => {
      for (let round = 0; round < swallowRounds; round++) {
        proxy.swallowProduceResponses(1);
        await delay(1000 + random() * 2000);
      }
    }),
  ),
  presenceFault("lease-broker-kill", { what: "kill -9 of the only broker", begin: kill(({ kafka }) => kafka.brokers) }),
  presenceFault("lease-broker-away", {
    what: "the only broker stops for 60 s",
    ...freeze(({ kafka }) => kafka.brokers[0], brokerAwayMs),
  }),
  presenceFault("lease-mongod-kill", {
    what: "kill -9 of the only mongod",
    begin: kill(({ mongod }) => mongod.members),
  }),
  presenceFault("lease-mongod-away", {
    what: "the only mongod stops for 30 s",
    ...freeze(({ mongod }) => mongod.members[0], mongodAwayMs),
  }),
  presenceFault("lease-churn", {
    what: "a fourth heartbeat-svc and a third state-svc join and leave every few seconds, in order and by kill -9 in turn",
    ...churn(({ add }) => Promise.all([add("heartbeat"), add("state")])),
  }),
  presenceFault("lease-rolling", rollServices),
];
