import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { versionOf } from "../runtime/eventing/envelope.ts";
import type { LogRecord } from "../runtime/ports.ts";
import { type Entry, fold, nothing } from "../runtime/replicated/register.ts";
import { readChange } from "../runtime/replicated/register-log.ts";
import type { VirtualTime } from "../runtime/testkit/virtual-time.ts";
import type { Broker } from "./broker.ts";
import { leaseTopic, registerTopic } from "./broker.ts";
import type { Device } from "./device.ts";
import type { Disturbances } from "./disturbances.ts";
import type { Node } from "./node.ts";
import type { RegisterModel } from "./register-model.ts";
import { simulatedProfile, simulatedRules } from "./register-model.ts";

export type Invariant =
  | "an acknowledged change is lost"
  | "shown offline while it keeps its cadence"
  | "shown offline and not put right"
  | "offline too late"
  | "replicas differ"
  | "a version fell"
  | "online for ever"
  | "forgotten while it is online";

export type Violation = {
  readonly invariant: Invariant;
  readonly at: number;
  readonly key: string;
  readonly text: string;
};

export type Detection = { readonly delayMs: number; readonly leaseMs: number };

export type Checker = {
  readonly violations: readonly Violation[];
  /** From the last beat of a device that fell silent to the record that shows it offline. */
  readonly detections: readonly Detection[];
  readonly edges: number;
  appended(record: LogRecord): void;
  replied(device: Device, reply: Heartbeat): void;
  beaten(key: string): void;
  /** Every second of a run. */
  look(): void;
  /** When all is over. */
  conclude(): void;
};

/** What is wrong may take this long to be put right in a world without faults. */
const putRightMs = 6000;
/** A beat that comes when its lease is over may cross the record that says so. */
const crossingMs = 4000;

export type CheckedWorld = {
  readonly time: VirtualTime;
  readonly broker: Broker;
  readonly model: RegisterModel;
  readonly devices: ReadonlyMap<string, Device>;
  readonly nodes: () => readonly Node[];
  readonly disturbances: Disturbances;
  readonly usesSequences: boolean;
};

export const createChecker = (world: CheckedWorld): Checker => {
  const { time, broker, model, devices, disturbances } = world;
  const violations: Violation[] = [];
  const detections: Detection[] = [];
  const downstream = new Map<string, Heartbeat>();
  const standing = new Map<string, Entry>();
  const heardAt = new Map<string, number>();
  const wrongSince = new Map<string, number>();
  const repliedVersions = new Map<string, bigint>();
  let edges = 0;

  const violate = (invariant: Invariant, key: string, text: string): void => {
    violations.push({ invariant, at: Math.round(time.now), key, text });
  };
  const describe = (value: Heartbeat | undefined): string =>
    value === undefined
      ? "nothing"
      : `${value.is_online ? "online" : "offline"} ${value.profile?.attr1} ${value.reason} ${value.version}`;

  const wentOffline = (device: Device, shown: Heartbeat): void => {
    const last = device.acknowledged.at(-1);
    if (device.isSilent && last?.isOnline && shown.reason === "TIMEOUT") {
      const delayMs = time.now - (heardAt.get(device.key) ?? last.sentAt);
      detections.push({ delayMs, leaseMs: last.leaseMs });
    }
    if (last === undefined || !last.isOnline) return;
    const isInTime = time.now < last.sentAt + last.leaseMs / 2.5;
    if (!device.isKeeping && !(isInTime && shown.reason === "TIMEOUT" && !device.isAsking)) return;
    if (shown.reason === "LEAVE") {
      // It said so itself, once; without a sequence nobody can know that it was before.
      edges += 1;
      return;
    }
    const before = device.acknowledged.at(-2);
    const silenceMs = before?.isOnline ? last.at - before.sentAt : 0;
    // Within its lease but later than told is only safe while no replica dies.
    const isRisky = silenceMs > last.leaseMs / 2.5 + 2000 && disturbances.hadDeath(last.sentAt - 30_000, time.now);
    const isOver = before !== undefined && silenceMs > before.leaseMs - 50;
    if (before?.isOnline && (isOver || isRisky) && time.now - last.at < (isRisky ? last.leaseMs : crossingMs)) {
      edges += 1;
      return;
    }
    violate(
      "shown offline while it keeps its cadence",
      device.key,
      `last beat ${Math.round(last.sentAt)}, ${Math.round(time.now - last.sentAt)} ms before; shown ${describe(shown)}`,
    );
  };

  /** Until when a silent device may be shown online. */
  const latest = (device: Device, leaseMs: number): number => {
    const heard = heardAt.get(device.key) ?? 0;
    const { times } = broker.log(leaseTopic);
    let bound = heard + leaseMs;
    let isDisturbed = false;
    for (let i = times.length - 1; i > 0 && (times[i] as number) > heard; i--) {
      const gap = (times[i] as number) - (times[i - 1] as number);
      if (gap > simulatedRules.stepMs) bound += gap - simulatedRules.stepMs;
      if (gap > simulatedRules.gapMs) isDisturbed = true;
    }
    const interval = leaseMs / 2.5;
    const end = disturbances.lastEnd(heard - leaseMs, time.now);
    if (end !== undefined || isDisturbed) bound += simulatedRules.deathSlackMs + interval + simulatedRules.deadMs;
    if (end !== undefined)
      bound = Math.max(bound, end + simulatedRules.deadMs + simulatedRules.deathSlackMs + interval);
    if (disturbances.lastReturn > heard) bound = Math.max(bound, disturbances.lastReturn + leaseMs + 15_000 + interval);
    return bound + 1500;
  };

  const replicas = (): Node[] => world.nodes().filter((node) => node.isUp && !node.isPaused);

  const problemOf = (device: Device, shown: Heartbeat | undefined): string | undefined => {
    const last = device.acknowledged.at(-1);
    // One that fell silent in the middle of a question may have been heard or not.
    if (last === undefined || (device.isSilent && !device.isAnswered)) return undefined;
    if (last.isOnline !== (shown?.is_online ?? false)) {
      const mayLapse = last.isOnline && !device.isKeeping;
      if (!mayLapse) return `should be ${last.isOnline ? "online" : "offline"}, is ${describe(shown)}`;
    }
    const isForgotten = shown === undefined || (!shown.is_online && Number(shown.profile?.attr1 ?? 0) === 0);
    if (model.forgets && isForgotten) return undefined;
    const profile = device.acknowledged.findLast((each) => each.profile !== undefined)?.profile ?? 0;
    const held = Number(shown?.profile?.attr1 ?? 0);
    return profile <= held && held <= device.triedProfile
      ? undefined
      : `should have profile ${profile}, is ${describe(shown)}`;
  };

  const lookAt = (device: Device): void => {
    const place = (name: string, shown: Heartbeat | undefined): void => {
      const id = `${name} ${device.key}`;
      const problem = device.isAsking ? undefined : problemOf(device, shown);
      if (problem === undefined) {
        wrongSince.delete(id);
        return;
      }
      const since = wrongSince.get(id) ?? time.now;
      wrongSince.set(id, since);
      const last = device.acknowledged.at(-1)?.at ?? 0;
      if (time.now - Math.max(since, last, disturbances.calmSince) < putRightMs) return;
      wrongSince.set(id, Number.POSITIVE_INFINITY);
      const isStatus = problem.includes("should be online");
      violate(
        isStatus ? "shown offline and not put right" : "an acknowledged change is lost",
        device.key,
        `${name}: ${problem}`,
      );
    };
    place("downstream", downstream.get(device.key));
    for (const node of replicas()) place(`replica ${node.replica}`, node.read(device.key));
  };

  const lookForSilent = (device: Device): void => {
    const last = device.acknowledged.at(-1);
    if (!device.isSilent || !downstream.get(device.key)?.is_online || wrongSince.has(`silent ${device.key}`)) return;
    const bound = latest(device, Math.max(last?.leaseMs ?? 0, simulatedProfile.maxLeaseMs));
    if (time.now <= bound) return;
    wrongSince.set(`silent ${device.key}`, time.now);
    violate("offline too late", device.key, `last heard at ${Math.round(heardAt.get(device.key) ?? 0)}`);
  };

  /** By what the register holds: downstream also sees changes that lost, and that nobody was told of. */
  const lookForForgotten = (key: string, record: LogRecord): void => {
    const before = standing.get(key) ?? nothing;
    const after = fold(before, readChange(record, model.value, Number.MAX_SAFE_INTEGER).change);
    standing.set(key, after);
    const shown = before.value && Heartbeat.fromPartial(before.value);
    if (after.value === undefined && shown?.is_online) violate("forgotten while it is online", key, describe(shown));
  };

  const rebuilt = (): Map<string, Entry> => {
    const entries = new Map<string, Entry>();
    for (const record of broker.log(registerTopic).records) {
      if (record === undefined) continue;
      const { key, change } = readChange(record, model.value, Number.MAX_SAFE_INTEGER);
      entries.set(key, fold(entries.get(key) ?? nothing, change));
    }
    return entries;
  };

  const lastRecords = (): Map<string, Heartbeat> => {
    const last = new Map<string, Heartbeat>();
    for (const record of broker.log(registerTopic).records) {
      if (record?.key === undefined) continue;
      if (record.value === null) last.delete(record.key);
      else last.set(record.key, Heartbeat.decode(record.value));
    }
    return last;
  };

  return {
    violations,
    detections,
    get edges() {
      return edges;
    },
    appended(record) {
      const { key, value, headers } = record;
      if (key === undefined) return;
      lookForForgotten(key, record);
      const device = devices.get(key);
      const version = versionOf(headers.ce_sequence);
      const before = downstream.get(key);
      if (value === null) {
        if (before !== undefined && version !== undefined && version >= before.version) downstream.delete(key);
        return;
      }
      if (device === undefined || version === undefined || (before !== undefined && version <= before.version)) return;
      // As state-svc does: the highest version wins.
      const shown = { ...Heartbeat.decode(value), version };
      downstream.set(key, shown);
      if (shown.is_online && headers.rollcall_again === undefined) heardAt.set(key, time.now);
      if (before?.is_online && !shown.is_online) wentOffline(device, shown);
    },
    replied(device, reply) {
      const before = repliedVersions.get(device.key) ?? 0n;
      if (reply.version < before && !device.isAsking)
        violate("a version fell", device.key, `${before} then ${reply.version}`);
      if (reply.version > before) repliedVersions.set(device.key, reply.version);
    },
    beaten: (key) => void heardAt.set(key, time.now),
    look() {
      for (const device of devices.values()) {
        lookAt(device);
        lookForSilent(device);
      }
    },
    conclude() {
      const [whole, last] = [rebuilt(), lastRecords()];
      for (const device of devices.values()) {
        const shown = downstream.get(device.key);
        if (device.acknowledged.length === 0 || device.isAsking) continue;
        const places: [string, Heartbeat | undefined][] = [
          ["downstream", shown],
          [
            "a rebuilt replica",
            whole.get(device.key)?.value && Heartbeat.fromPartial(whole.get(device.key)?.value ?? {}),
          ],
          ["the last record", last.get(device.key)],
          ...replicas().map((node): [string, Heartbeat | undefined] => [
            `replica ${node.replica}`,
            node.read(device.key),
          ]),
        ];
        for (const [name, value] of places) {
          const isGone = device.fate !== "stays";
          if (isGone && value?.is_online) violate("online for ever", device.key, `${name}: ${describe(value)}`);
          const problem = problemOf(device, value);
          if (problem !== undefined) violate("an acknowledged change is lost", device.key, `${name}: ${problem}`);
        }
        const different = new Set(places.map(([, value]) => `${value?.is_online} ${value?.profile?.attr1}`));
        if (different.size > 1) {
          violate(
            "replicas differ",
            device.key,
            places.map(([name, value]) => `${name}: ${describe(value)}`).join("; "),
          );
        }
      }
    },
  };
};
