import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { Client } from "nice-grpc";
import type { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { LogRecord } from "../../runtime/ports.ts";

export type Beats = Client<PresenceHeartbeatEventServiceDefinition>;

export type LastBeat = { readonly sentAt: number; readonly answeredAt: number };

/** A device that beats twice in each interval it was told, at any replica that answers. */
export type BeatingDevice = {
  readonly userId: string;
  /** The longest time between the sending of a beat and the answer to the next one. */
  readonly longestMs: number;
  stop(): Promise<LastBeat>;
};

export const startBeating = (userId: string, replicas: () => readonly Beats[]): BeatingDevice => {
  let isStopping = false;
  let longestMs = 0;
  let turn = Math.floor(Math.random() * 16);
  let version = 0n;
  let last: LastBeat = { sentAt: Date.now(), answeredAt: Date.now() };

  /** Another replica is asked where one does not answer, as Envoy does. */
  const beat = async (): Promise<number> => {
    for (let attempt = 0; ; attempt++) {
      const all = replicas();
      const sentAt = Date.now();
      turn += 1;
      try {
        const signal = AbortSignal.timeout(500);
        const command = { user_id: userId, device_id: "d", is_online: true, version };
        const reply = await (all[turn % all.length] as Beats).heartbeatEvent(command, { signal });
        const answeredAt = Date.now();
        longestMs = Math.max(longestMs, answeredAt - last.sentAt);
        last = { sentAt, answeredAt };
        ({ version } = reply);
        return Number(reply.next_heartbeat?.seconds ?? 1n) * 1000;
      } catch (error) {
        if (attempt > 100) throw error;
        await delay(20);
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!isStopping) {
      const since = Date.now();
      const next = await beat();
      if (!isStopping) await delay(Math.max(0, next / 2 - (Date.now() - since)));
    }
  };
  const done = run();
  return {
    userId,
    get longestMs() {
      return longestMs;
    },
    async stop() {
      isStopping = true;
      await done;
      return last;
    },
  };
};

/**
 * Those that kept their cadence and were told offline while they did. One that this machine has kept from beating was
 * promised nothing; of all but a few that is not so.
 */
export const falselyOffline = (
  records: readonly LogRecord[],
  devices: readonly BeatingDevice[],
  stopped: readonly LastBeat[],
  leaseMs: number,
): string[] => {
  const kept = devices.map(({ longestMs }) => longestMs <= leaseMs * 0.8);
  expect(kept.filter(Boolean), "devices that could keep their cadence").not.to.have.length(0);
  const heldUntil = new Map(
    devices.flatMap(({ userId }, i) => (kept[i] ? [[userId, (stopped[i]?.answeredAt ?? 0) + leaseMs]] : [])),
  );
  return records.flatMap(({ value, timestamp }) => {
    const { user_id, is_online } = decodeMessage(Heartbeat, value ?? new Uint8Array());
    return !is_online && timestamp < (heldUntil.get(user_id) ?? 0) ? [user_id] : [];
  });
};
