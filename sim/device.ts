import { PresenceHeartbeatCommand } from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import type { Heartbeat } from "../gen/presence/v1/presence.ts";
import { millisecondsOf } from "../heartbeat-svc/timestamp.ts";
import type { VirtualTime } from "../runtime/testkit/virtual-time.ts";
import type { Random } from "./random.ts";

/** What a device wants to say; it says it again, with a higher sequence, until it is answered. */
type Wish = { readonly isOnline: boolean; readonly profile: number | undefined };

/** A step after the present wish: another one, or a pause before it. */
type Step = Wish & { readonly afterMs: number };

export type Acknowledged = {
  readonly isOnline: boolean;
  readonly profile: number | undefined;
  readonly sequence: number;
  /** When the reply came. */
  readonly at: number;
  /** When the call that was answered had been sent. */
  readonly sentAt: number;
  readonly leaseMs: number;
};

/** What a device does at the end: it goes on, it falls silent, or it leaves. */
export type Fate = "stays" | "falls silent" | "leaves";

export type DeviceWorld = {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly replicas: number;
  /** Until when devices do new things. */
  readonly end: number;
  readonly usesSequences: boolean;
  /** Who comes back says all of itself: it may have been forgotten. */
  readonly saysAll: boolean;
  /** Sends to a replica; `answer` is called at most once, with undefined for a failure. */
  send(
    replica: number,
    command: PresenceHeartbeatCommand,
    deadline: number,
    answer: (reply: Heartbeat | undefined) => void,
  ): void;
  acknowledged(device: Device, reply: Heartbeat): void;
};

export type Device = {
  readonly key: string;
  readonly fate: Fate;
  readonly acknowledged: readonly Acknowledged[];
  /** The highest profile that was ever sent. */
  readonly triedProfile: number;
  /** Counts its wishes; unchanged means that it has said nothing new since. */
  readonly wishes: number;
  readonly isAsking: boolean;
  /** It beats as it was told, or is trying to. */
  readonly isKeeping: boolean;
  readonly isSilent: boolean;
  /** What it sent last was answered. */
  readonly isAnswered: boolean;
};

const callTimeoutMs = 2000;
const user = "u";

export const keyOfDevice = (n: number): string => `${user}/d${n}`;

/** A device that joins, keeps its cadence, changes, goes, comes back, is late, and ends by its fate. */
export const startDevice = (n: number, world: DeviceWorld): Device => {
  const { time, random } = world;
  const id = `d${n}`;
  const session = world.usesSequences ? `s${n}` : "";
  const isSticky = random.chance(0.4);
  const home = random.below(world.replicas);
  const sendsProfileAlways = random.chance(0.5) || world.saysAll;
  const fate = random.pick<Fate>(["stays", "falls silent", "leaves"]);
  const acknowledged: Acknowledged[] = [];
  let ttlMs = random.pick([undefined, undefined, 25_000, 40_000]);
  let intervalMs = 10_000;
  let leaseMs = 25_000;
  let profile = 1;
  let triedProfile = 1;
  let sequence = 0;
  let seenVersion = 0n;
  let wish: Wish | undefined;
  let wishes = 0;
  let attempts = 0;
  let isOnline = false;
  let isSilent = false;
  let isFinished = false;
  let givesUp = -1;
  /** Grows with whatever makes a planned beat void. */
  let epoch = 0;
  /** When it should beat again; later than that it is late by its own will. */
  let isLate = false;
  const steps: Step[] = [];

  const fullProfile = (): number | undefined => (sendsProfileAlways ? profile : undefined);

  const want = (isOnlineNow: boolean, profileNow: number | undefined): void => {
    if (wish !== undefined) {
      steps.push({ isOnline: isOnlineNow, profile: profileNow, afterMs: 0 });
      return;
    }
    wish = { isOnline: isOnlineNow, profile: profileNow };
    isOnline = isOnlineNow;
    wishes += 1;
    epoch += 1;
    attempts = 0;
    send();
  };

  const send = (): void => {
    const asked = wish;
    if (asked === undefined) return;
    sequence += 1;
    const sent = { sequence, at: time.now, wishes };
    if (asked.profile !== undefined) triedProfile = Math.max(triedProfile, asked.profile);
    const command = PresenceHeartbeatCommand.fromPartial({
      user_id: user,
      device_id: id,
      is_online: asked.isOnline,
      profile: asked.profile === undefined ? undefined : { attr1: String(asked.profile) },
      version: seenVersion,
      session_id: session,
      sequence: session === "" ? 0n : BigInt(sequence),
      ttl: ttlMs === undefined ? undefined : { seconds: BigInt(ttlMs / 1000), nanos: 0 },
    });
    const replica = isSticky && attempts === 0 ? home : random.below(world.replicas);
    attempts += 1;
    let isAnswered = false;
    const answer = (reply: Heartbeat | undefined): void => {
      if (isAnswered) return;
      isAnswered = true;
      if (reply === undefined) fail(sent);
      else take(asked, sent, reply);
    };
    world.send(replica, command, time.now + callTimeoutMs, answer);
    time.at(time.now + callTimeoutMs, () => answer(undefined));
  };

  type Sent = { readonly sequence: number; readonly at: number; readonly wishes: number };
  const isCurrent = (sent: Sent): boolean => wish !== undefined && sent.sequence === sequence && sent.wishes === wishes;

  const fail = (sent: Sent): void => {
    if (!isCurrent(sent)) return;
    if (wishes === givesUp) {
      wish = undefined;
      goOn();
      return;
    }
    time.at(time.now + random.between(200, 1000), () => {
      if (isCurrent(sent)) send();
    });
  };

  const take = (asked: Wish, sent: Sent, reply: Heartbeat): void => {
    world.acknowledged(device, reply);
    if (reply.version > seenVersion) seenVersion = reply.version;
    if (!isCurrent(sent)) return;
    if (reply.next_heartbeat !== undefined) intervalMs = millisecondsOf(reply.next_heartbeat);
    leaseMs = intervalMs * 2.5;
    isLate = false;
    acknowledged.push({ ...asked, sequence: sent.sequence, at: time.now, sentAt: sent.at, leaseMs });
    wish = undefined;
    goOn();
  };

  const goOn = (): void => {
    if (isSilent) return;
    const step = steps.shift();
    if (step !== undefined) {
      epoch += 1;
      const planned = epoch;
      time.at(time.now + step.afterMs, () => {
        if (planned === epoch) want(step.isOnline, step.profile === undefined ? undefined : profile);
      });
      return;
    }
    if (!isOnline) return;
    const planned = epoch;
    time.at(time.now + intervalMs * random.between(0.97, 1), () => {
      if (planned === epoch) want(true, fullProfile());
    });
  };

  /** Something a person does with it. */
  const act = (): void => {
    if (isFinished) return;
    switch (
      random.pick(["profile", "profile", "leave", "rejoin", "edge", "edge", "late", "pulse", "leave in vain", "ttl"])
    ) {
      case "profile":
        profile += 1;
        want(true, profile);
        break;
      case "pulse":
        profile += 1;
        want(true, profile);
        want(random.chance(0.5), undefined);
        want(true, fullProfile());
        break;
      case "leave":
      case "rejoin": {
        want(false, undefined);
        const afterMs = random.pick([0, random.between(0, 300), random.between(0, 20_000)]);
        steps.push({ isOnline: true, profile: fullProfile(), afterMs });
        break;
      }
      case "leave in vain":
        // Sent once; whatever becomes of it, the device stays.
        want(false, undefined);
        givesUp = wishes;
        steps.push({ isOnline: true, profile: fullProfile(), afterMs: 0 });
        break;
      case "ttl":
        ttlMs = random.pick([undefined, 25_000, 40_000]);
        break;
      case "edge":
      case "late": {
        const last = acknowledged.at(-1);
        if (last === undefined || wish !== undefined || !isOnline) break;
        epoch += 1;
        isLate = true;
        const isLast = random.chance(0.7);
        const wait = isLast ? leaseMs + random.between(-1200, 300) : random.between(intervalMs, leaseMs - 2000);
        const planned = epoch;
        time.at(last.at + wait, () => {
          if (planned === epoch) want(true, fullProfile());
        });
        break;
      }
    }
  };

  const finish = (): void => {
    isFinished = true;
    if (fate === "leaves") {
      steps.length = 0;
      want(false, undefined);
    } else if (fate === "falls silent") {
      isSilent = true;
      wish = undefined;
      steps.length = 0;
      epoch += 1;
    }
  };

  const device: Device = {
    key: keyOfDevice(n),
    fate,
    acknowledged,
    get triedProfile() {
      return triedProfile;
    },
    get wishes() {
      return wishes;
    },
    get isAsking() {
      return wish !== undefined;
    },
    get isKeeping() {
      return isOnline && !isSilent && !isLate;
    },
    get isAnswered() {
      return acknowledged.at(-1)?.sequence === sequence;
    },
    get isSilent() {
      return isSilent;
    },
  };

  time.at(random.between(300, 10_000), () => want(true, profile));
  for (let at = random.between(12_000, 25_000); at < world.end; at += random.between(4000, 30_000)) time.at(at, act);
  time.at(random.between(world.end * 0.6, world.end), finish);
  return device;
};
