import { setImmediate } from "node:timers/promises";
import { createVirtualTime } from "../runtime/testkit/virtual-time.ts";
import { createBroker, leaseTopic, registerTopic } from "./broker.ts";
import { type Checker, createChecker, type Detection, type Violation } from "./checker.ts";
import { compositionOf, type PlantedBug } from "./composition.ts";
import { type Device, startDevice } from "./device.ts";
import { createDisturbances } from "./disturbances.ts";
import { type Fault, faultsOf, type Scenario, scenarioOf } from "./faults.ts";
import { type Node, startNode } from "./node.ts";
import { randomOf } from "./random.ts";
import type { RegisterModel } from "./register-model.ts";

/** What a run follows from. Everything left out follows from the seed. */
export type Run = {
  readonly seed: number;
  readonly faults?: readonly Fault[] | undefined;
  readonly devices?: number | undefined;
  readonly bug?: PlantedBug | undefined;
};

export type Verdict = {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
  readonly violations: readonly Violation[];
  readonly detections: readonly Detection[];
  readonly edges: number;
};

const faultsEnd = 75_000;
const devicesEnd = 80_000;
const end = 185_000;
const epoch = 1_700_000_000_000;
const defaultDevices = 4;
/** The topic's is ten minutes; nobody is away longer than this here. */
const compactionLagMs = 45_000;

/** Runs one world from its beginning to its end, in virtual time; the same seed gives the same verdict. */
export const runSeed = async (run: Run, model: RegisterModel): Promise<Verdict> => {
  const { seed } = run;
  const random = randomOf(seed, "world");
  const scenario = scenarioOf(seed);
  const replicas = random.pick([2, 3, 3, 4]);
  const keepsNames = random.chance(0.5);
  const usesSequences = seed % 2 === 0;
  const faults = run.faults ?? faultsOf(seed, scenario, replicas, faultsEnd);
  const composition = compositionOf(run.bug);

  const time = createVirtualTime();
  const broker = createBroker(time, randomOf(seed, "broker"), epoch);
  const disturbances = createDisturbances();
  const network = randomOf(seed, "network");
  const offsets = Array.from({ length: replicas }, () => random.between(-50, 50));
  const nodes: (Node | undefined)[] = [];
  const devices = new Map<string, Device>();
  let checker: Checker | undefined;
  let started = 0;
  let outages = 0;

  const alive = (): Node[] => nodes.filter((node) => node !== undefined && !node.isGone) as Node[];

  const boot = (replica: number): void => {
    started += 1;
    if (started > replicas && alive().length === 0) disturbances.noteReturn(time.now);
    const tags = randomOf(seed, `tag ${started}`);
    nodes[replica] = startNode({
      replica,
      name: keepsNames ? `r${replica}` : `r${replica}-${started}`,
      salt: started,
      tag: () => tags.below(4096),
      model,
      broker,
      time,
      random: network,
      wall: () => epoch + time.now + (offsets[replica] ?? 0),
      composition,
      onBeat: (key) => checker?.beaten(key),
    });
  };

  const fail = (fault: Fault): void => {
    disturbances.note(fault);
    switch (fault.kind) {
      case "skew":
        offsets[fault.replica] = fault.offsetMs;
        return;
      case "loss":
        broker.lose(fault.fate, time.now + fault.forMs);
        return;
      case "lag":
        broker.lag(fault.replica, fault.logs, fault.lagMs);
        time.at(time.now + fault.forMs, () => broker.lag(fault.replica, fault.logs, 0));
        return;
      case "cut":
        broker.cut(fault.replica, fault.logs, time.now + fault.forMs);
        return;
      case "outage":
        outages += 1;
        broker.setDown(true);
        time.at(time.now + fault.forMs, () => {
          outages -= 1;
          broker.setDown(outages > 0);
        });
        return;
      case "brokerclock":
        broker.stepClock(fault.stepMs);
        return;
      case "retention":
        if (alive().length === 0) broker.forget(leaseTopic);
        return;
      case "crash":
      case "pause":
      case "restart":
        failNode(fault, nodes[fault.replica]);
    }
  };

  const failNode = (fault: Fault & { kind: "crash" | "pause" | "restart" }, node: Node | undefined): void => {
    if (node === undefined || node.isGone) return;
    const again = (): void => {
      disturbances.note({ ...fault, at: time.now, forMs: 0 });
      if (nodes[fault.replica] === node) boot(fault.replica);
    };
    switch (fault.kind) {
      case "crash":
        node.crash();
        time.at(time.now + fault.forMs, again);
        return;
      case "pause":
        if (node.isPaused) return;
        node.pause();
        time.at(time.now + fault.forMs, () => node.resume());
        return;
      case "restart":
        if (!node.isUp || node.isPaused) return;
        void node.stop().then(() => time.at(time.now + fault.forMs, again));
    }
  };

  for (let replica = 0; replica < replicas; replica++) boot(replica);
  for (let n = 0; n < (run.devices ?? defaultDevices); n++) {
    const device = startDevice(n, {
      time,
      random: randomOf(seed, `device ${n}`),
      replicas,
      end: devicesEnd,
      usesSequences,
      saysAll: model.forgets,
      send(replica, command, deadline, answer) {
        time.at(time.now + network.between(1, 20), () => {
          const node = nodes[replica];
          // Half of what stands in the sockets of a stopped process is read when it goes on.
          if (node === undefined || !node.isUp || (node.isPaused && network.chance(0.5))) return answer(undefined);
          const back = (reply: Parameters<typeof answer>[0]): void =>
            time.at(time.now + network.between(1, 20), () => answer(reply));
          const until = node.isPaused ? deadline + 60_000 : deadline;
          node.call(command, until).then(back, () => back(undefined));
        });
      },
      acknowledged: (known, reply) => checker?.replied(known, reply),
    });
    devices.set(device.key, device);
  }
  checker = createChecker({ time, broker, model, devices, nodes: alive, disturbances, usesSequences });
  broker.onAppend = (record) => {
    if (record.topic === registerTopic) checker?.appended(record);
  };
  for (const fault of faults) time.at(fault.at, () => fail(fault));
  for (let at = 15_000; at < end - 30_000; at += random.between(3000, 25_000)) {
    time.at(at, () => broker.compact(registerTopic, compactionLagMs));
  }
  for (let at = 1000; at <= end; at += 1000) time.at(at, checker.look);

  await time.runUntil(end);
  // The world takes no turn of the event loop; a test runner, and a parent that waits for verdicts, need one.
  await setImmediate();
  checker.conclude();
  for (const node of alive()) node.crash();
  const { violations, detections, edges } = checker;
  return { seed, scenario, faults, violations, detections, edges };
};
