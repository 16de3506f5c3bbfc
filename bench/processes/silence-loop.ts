// heartbeat-svc's register with short leases: how long after the end of a lease its device is offline for all.
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { LogRecord } from "../../runtime/ports.ts";
import { commandOf } from "../heartbeats.ts";
import { answerParent } from "./answer-parent.ts";
import { openRegister } from "./open-register.ts";

export type Silence = { readonly devices: number; readonly overMs: number };

const leaseMs = 2000;
const profile = { leaseMs, minLeaseMs: leaseMs, maxLeaseMs: leaseMs };
const [brokers] = process.argv.slice(2);
const register = await openRegister(brokers, profile);

const endOf = ({ lease_until }: Heartbeat): number =>
  Number(lease_until?.seconds) * 1000 + (lease_until?.nanos ?? 0) / 1e6;

/** Each device beats once, one after the other; gives for each the milliseconds from its lease's end to its record. */
const delays = async ({ devices, overMs }: Silence): Promise<number[]> => {
  const ends = new Map<string, number>();
  const late: number[] = [];
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const onRecord = ({ key = "", value }: LogRecord): void => {
    const heartbeat = decodeMessage(Heartbeat, value ?? new Uint8Array());
    if (heartbeat.reason !== "TIMEOUT") return;
    late.push(Date.now() - (ends.get(key) ?? Number.NaN));
    if (late.length === devices) finish();
  };
  const onError = (error: unknown): void => {
    throw error;
  };
  const follower = await register.bus.follow({ topic: "heartbeats", onRecord, onError });
  await follower.caughtUp;
  const startedAt = performance.now();
  const beats: Promise<void>[] = [];
  for (let n = 0; n < devices; ) {
    const due = Math.min(devices, Math.ceil(((performance.now() - startedAt) / overMs) * devices));
    for (; n < due; n += 1) {
      const command = commandOf(n, 0n);
      const note = (reply: object | undefined): void => {
        ends.set(`${command.user_id}/${command.device_id}`, endOf(reply as Heartbeat));
      };
      beats.push(register.call("HeartbeatEvent", command).then(note));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(beats);
  await finished;
  await follower.close();
  return late;
};

answerParent({ delays });
