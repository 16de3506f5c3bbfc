import { expect } from "chai";
import type { EventBus, LogRecord, OutgoingRecord } from "../../runtime/ports.ts";

/** Publishes numbered records of several keys, each key one after the other, and knows what was acknowledged. */
export type Ledger = {
  /** Publishes until `stop`, one call at a time for each key. Refused ones are not repeated. */
  run(bus: EventBus): { stop(): Promise<void> };
  readonly acknowledged: ReadonlySet<string>;
  readonly rejected: readonly unknown[];
  /** Fails if something acknowledged is missing, or a key's numbers come out of order. */
  check(records: readonly LogRecord[]): void;
};

const idOf = ({ key, value }: Pick<OutgoingRecord, "key" | "value">): string =>
  `${key}/${Buffer.from(value ?? new Uint8Array()).toString()}`;

export const createLedger = (topic: string, keys: number): Ledger => {
  const acknowledged = new Set<string>();
  const rejected: unknown[] = [];
  const sent = new Map<string, number>();

  const publishNext = async (bus: EventBus, key: string): Promise<void> => {
    const number = (sent.get(key) ?? 0) + 1;
    sent.set(key, number);
    const record = { topic, key, value: Buffer.from(String(number)), headers: {} };
    try {
      await bus.publish([record]);
      acknowledged.add(idOf(record));
    } catch (error) {
      rejected.push(error);
    }
  };

  return {
    acknowledged,
    rejected,
    run(bus) {
      let isStopped = false;
      const publishAll = async (key: string): Promise<void> => {
        while (!isStopped) await publishNext(bus, key);
      };
      const all = Promise.all(Array.from({ length: keys }, (_, i) => publishAll(`key-${i}`)));
      return {
        async stop() {
          isStopped = true;
          await all;
        },
      };
    },
    check(records) {
      const present = new Set(records.map(idOf));
      expect([...acknowledged].filter((id) => !present.has(id))).to.deep.equal([]);
      const last = new Map<string, number>();
      for (const record of records) {
        const number = Number(Buffer.from(record.value ?? new Uint8Array()).toString());
        expect(number).to.be.greaterThan(last.get(record.key ?? "") ?? 0, `of ${record.key}`);
        last.set(record.key ?? "", number);
      }
    },
  };
};

/** Everything that stands in the topic now. */
export const readAll = async (bus: EventBus, topic: string): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = [];
  const follower = await bus.follow({
    topic,
    onRecord: (record) => records.push(record),
    onError: (error) => {
      throw error;
    },
  });
  await follower.caughtUp;
  await follower.close();
  return records;
};
