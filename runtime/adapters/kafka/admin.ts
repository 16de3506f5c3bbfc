import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "kafkajs";
import { MeshError } from "../../errors.ts";
import type { KafkaClient } from "./client.ts";
import { busUnavailable, isHopeless } from "./errors.ts";

const patienceMs = 5000;
const betweenTriesMs = 50;

export type AdminCalls = {
  /** Runs a question or an idempotent order; again, on a new connection, while brokers move or begin. */
  run<T>(what: string, call: (admin: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export const createAdminCalls = ({ kafka }: KafkaClient): AdminCalls => {
  let connecting: Promise<Admin> | undefined;
  let isClosed = false;

  const connect = async (): Promise<Admin> => {
    const admin = kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      await admin.disconnect().catch(() => {});
      throw error;
    }
    return admin;
  };

  const discard = async (): Promise<void> => {
    const old = connecting;
    connecting = undefined;
    const admin = await old?.catch(() => undefined);
    await admin?.disconnect().catch(() => {});
  };

  const attempt = async <T>(call: (admin: Admin) => Promise<T>): Promise<T> => {
    if (isClosed) throw new MeshError("BUS_UNAVAILABLE", "the event log is closed");
    connecting ??= connect();
    return call(await connecting);
  };

  return {
    async run(what, call) {
      for (const deadline = Date.now() + patienceMs; ; ) {
        try {
          return await attempt(call);
        } catch (error) {
          if (isHopeless(error) || Date.now() >= deadline) throw busUnavailable(what, error);
        }
        await discard();
        await delay(betweenTriesMs);
      }
    },
    async close() {
      isClosed = true;
      await discard();
    },
  };
};
