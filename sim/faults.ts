import { type Random, randomOf } from "./random.ts";

/** One thing that goes wrong. Times are milliseconds of virtual time, replicas are counted from 0. */
export type Fault =
  /** The replica's wall clock is set this far from the broker's. */
  | { readonly at: number; readonly kind: "skew"; readonly replica: number; readonly offsetMs: number }
  /** A third of what is published is lost, or its answer is, or it comes twice, or late. */
  | { readonly at: number; readonly kind: "loss"; readonly forMs: number; readonly fate: Fate }
  /** The replica reads one of the logs, or both, late. */
  | {
      readonly at: number;
      readonly kind: "lag";
      readonly replica: number;
      readonly forMs: number;
      readonly lagMs: number;
      readonly logs: Logs;
    }
  | { readonly at: number; readonly kind: "crash"; readonly replica: number; readonly forMs: number }
  /** SIGSTOP, then SIGCONT. */
  | { readonly at: number; readonly kind: "pause"; readonly replica: number; readonly forMs: number }
  /** The replica cannot reach the bus, but is reached by devices. */
  | { readonly at: number; readonly kind: "cut"; readonly replica: number; readonly forMs: number; readonly logs: Logs }
  | { readonly at: number; readonly kind: "outage"; readonly forMs: number }
  | { readonly at: number; readonly kind: "brokerclock"; readonly stepMs: number }
  /** A deployment: the replica stops in order and starts again. */
  | { readonly at: number; readonly kind: "restart"; readonly replica: number; readonly forMs: number }
  /** The lease log is deleted, if no replica runs. */
  | { readonly at: number; readonly kind: "retention" };

export type Fate = "lost" | "answer-lost" | "twice" | "slow";
export type Logs = "register" | "lease" | "both";

export const scenarios = [
  "calm",
  "skew",
  "loss",
  "lag",
  "crash",
  "pause",
  "partition",
  "half-cut",
  "outage",
  "broker-clock",
  "rolling",
  "full-stop",
  "crash-loop",
  "mixed",
] as const;

export type Scenario = (typeof scenarios)[number];

export const scenarioOf = (seed: number): Scenario => {
  const index = seed % (scenarios.length + 4);
  return scenarios[index] ?? "mixed";
};

/** The schedule of a seed, until `end`. */
export const faultsOf = (seed: number, scenario: Scenario, replicas: number, end: number): Fault[] => {
  const random = randomOf(seed, `faults ${scenario}`);
  const faults: Fault[] = [];
  if (scenario === "calm") return faults;
  let at = random.between(12_000, 25_000);
  while (at < end) {
    const kind = scenario === "mixed" ? random.pick(scenarios.slice(1, -1)) : scenario;
    const { made, lastsMs } = oneOf(kind, random, at, replicas, end);
    faults.push(...made);
    at += lastsMs + random.between(2000, 20_000);
  }
  return faults.filter((fault) => fault.at < end).sort((a, b) => a.at - b.at);
};

type Made = { readonly made: Fault[]; readonly lastsMs: number };

const oneOf = (scenario: Scenario, random: Random, at: number, replicas: number, end: number): Made => {
  const replica = random.below(replicas);
  const one = (fault: Fault): Made => ({ made: [fault], lastsMs: 0 });
  const logs: readonly Logs[] = ["register", "lease", "both"];
  switch (scenario) {
    case "calm":
    case "mixed":
      return { made: [], lastsMs: 0 };
    case "skew": {
      const offsetMs = random.chance(0.2) ? random.pick([-3_600_000, 3_600_000]) : random.between(-1900, 1900);
      return one({ at, kind: "skew", replica, offsetMs });
    }
    case "loss": {
      const fate = random.pick<Fate>(["lost", "answer-lost", "twice", "slow"]);
      return one({ at, kind: "loss", forMs: random.between(1000, 12_000), fate });
    }
    case "lag": {
      const [lagMs, forMs] = [random.between(100, 4000), random.between(1000, 20_000)];
      return one({ at, kind: "lag", replica, lagMs, forMs, logs: random.pick(logs) });
    }
    case "crash":
      return one({ at, kind: "crash", replica, forMs: random.between(500, 15_000) });
    case "pause": {
      const [low, high] = random.pick([
        [200, 3000],
        [2000, 8000],
        [5000, 40_000],
      ] as const);
      return one({ at, kind: "pause", replica, forMs: random.between(low, high) });
    }
    case "partition": {
      const forMs = random.chance(0.5) ? random.between(500, 6000) : random.between(5000, 30_000);
      const made: Fault[] = [{ at, kind: "cut", replica, forMs, logs: "both" }];
      if (random.chance(0.3)) {
        made.push({ at: at + random.between(500, 4000), kind: "crash", replica, forMs: random.between(5000, 30_000) });
      }
      return { made, lastsMs: 0 };
    }
    case "half-cut":
      return one({ at, kind: "cut", replica, forMs: random.between(500, 25_000), logs: random.pick(logs.slice(0, 2)) });
    case "outage":
      return one({
        at,
        kind: "outage",
        forMs: random.chance(0.5) ? random.between(500, 5000) : random.between(5000, 30_000),
      });
    case "broker-clock": {
      const stepMs = random.chance(0.5) ? random.between(-1500, 1500) : random.between(-60_000, 60_000);
      return one({ at, kind: "brokerclock", stepMs });
    }
    case "rolling": {
      const made = Array.from({ length: replicas }, (_, each): Fault => {
        return { at: at + each * 5000, kind: "restart", replica: each, forMs: random.between(500, 3000) };
      });
      return { made, lastsMs: replicas * 5000 };
    }
    case "full-stop": {
      const kind = random.chance(0.5) ? "restart" : "crash";
      const away = random.chance(0.5) ? random.between(2000, 8000) : random.between(8000, 35_000);
      const made = Array.from({ length: replicas }, (_, each): Fault => {
        return { at: at + random.between(0, 500), kind, replica: each, forMs: away + random.between(0, 3000) };
      });
      if (random.chance(0.4)) made.push({ at: at + away * 0.9, kind: "retention" });
      return { made, lastsMs: away + 8000 };
    }
    case "crash-loop": {
      const made: Fault[] = [];
      for (let next = at; next < end; next += random.between(4000, 15_000)) {
        made.push({ at: next, kind: "crash", replica, forMs: random.between(800, 3000) });
      }
      return { made, lastsMs: end };
    }
  }
};
