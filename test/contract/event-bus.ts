import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { MeshError } from "../../runtime/errors.ts";
import type { EventBus, LogRecord, OutgoingRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { expectCases } from "../support/expect-cases.ts";

export type OpenBus = () => Promise<{ readonly bus: EventBus; close(): Promise<void> }>;

const text = (record: LogRecord): string => (record.value === null ? "†" : Buffer.from(record.value).toString());

const recordOf = (topic: string, key: string | undefined, value: string | null): OutgoingRecord => ({
  topic,
  key,
  value: value === null ? null : Buffer.from(value),
  headers: { ce_id: `${key}/${value}` },
});

/** What every EventBus promises. */
export const describeEventBus = (name: string, open: OpenBus): void => {
  describe(`EventBus on ${name}`, () => {
    let bus: EventBus;
    let close: () => Promise<void>;
    let topic: string;
    let group: string;

    beforeEach(async () => {
      ({ bus, close } = await open());
      topic = `t-${randomUUID()}`;
      group = `g-${randomUUID()}`;
      await bus.ensureTopics([{ name: topic, policy: "compact" }]);
    });
    afterEach(() => close());

    const failOn = (error: unknown): void => {
      throw error;
    };
    const collect = (seen: LogRecord[]) => async (batch: readonly LogRecord[]) => {
      seen.push(...batch);
    };

    it("gives a new group everything from the earliest record, in order within a key", async () => {
      const sent = Array.from({ length: 60 }, (_, i) => recordOf(topic, `k${i % 7}`, String(i)));
      await bus.publish(sent.slice(0, 30));
      const seen: LogRecord[] = [];
      const reader = await bus.subscribe({ group, topics: [topic], onBatch: collect(seen), onError: failOn });
      await bus.publish(sent.slice(30));
      await eventually(() => expect(seen).to.have.length(60));
      for (let k = 0; k < 7; k++) {
        const values = seen.filter((record) => record.key === `k${k}`).map((record) => Number(text(record)));
        expect(values).to.deep.equal([...values].sort((a, b) => a - b));
      }
      await reader.close();
    });

    it("keeps the order of one key over concurrent publish calls", async () => {
      await Promise.all(Array.from({ length: 200 }, (_, i) => bus.publish([recordOf(topic, "k", String(i))])));
      const seen: LogRecord[] = [];
      const follower = await bus.follow({ topic, onRecord: (record) => seen.push(record), onError: failOn });
      await follower.caughtUp;
      expect(seen.map(text)).to.deep.equal(Array.from({ length: 200 }, (_, i) => String(i)));
      await follower.close();
    });

    it("gives back key, value, headers, offset and append time", async () => {
      const before = Date.now() - 1;
      await bus.publish([recordOf(topic, "ключ/☃", "väl")]);
      const seen: LogRecord[] = [];
      const follower = await bus.follow({ topic, onRecord: (record) => seen.push(record), onError: failOn });
      await follower.caughtUp;
      const record = seen[0] as LogRecord;
      expect(record).to.include({ topic, key: "ключ/☃", offset: 0n });
      expect(record.headers).to.deep.equal({ ce_id: "ключ/☃/väl" });
      expect(text(record)).to.equal("väl");
      expect(record.timestamp).to.be.within(before, Date.now() + 1000);
      await follower.close();
    });

    it("puts records with one partition key into one partition", async () => {
      await bus.publish(
        Array.from({ length: 20 }, (_, i) => ({ ...recordOf(topic, `u/${i}`, "x"), partitionKey: "u" })),
      );
      const ends = [...(await bus.endOffsets(topic)).values()];
      expect(ends.filter((end) => end > 0n)).to.deep.equal([20n]);
    });

    it("goes on behind the last committed record after a close, and repeats what was not resolved", async () => {
      await bus.publish([recordOf(topic, "k", "1"), recordOf(topic, "k", "2")]);
      const first: LogRecord[] = [];
      const reader = await bus.subscribe({ group, topics: [topic], onBatch: collect(first), onError: failOn });
      await eventually(() => expect(first.map(text)).to.deep.equal(["1", "2"]));
      await reader.close();
      await bus.publish([recordOf(topic, "k", "3")]);
      const errors: unknown[] = [];
      const refusing = await bus.subscribe({
        group,
        topics: [topic],
        onBatch: async () => {
          throw new Error("not now");
        },
        onError: (error) => errors.push(error),
      });
      await eventually(() => expect(errors).to.have.length(1));
      await refusing.close();
      const again: LogRecord[] = [];
      const third = await bus.subscribe({ group, topics: [topic], onBatch: collect(again), onError: failOn });
      await eventually(() => expect(again.map(text)).to.deep.equal(["3"]));
      await third.close();
    });

    it("delivers later batches while an earlier one is unresolved, and commits none of them before it", async () => {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const seen: string[] = [];
      const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
        seen.push(...batch.map(text));
        if (batch.some((record) => text(record) === "hold")) await held;
      };
      await bus.publish([recordOf(topic, "k", "hold")]);
      const reader = await bus.subscribe({ group, topics: [topic], onBatch, onError: failOn });
      await eventually(() => expect(seen).to.deep.equal(["hold"]));
      await bus.publish([recordOf(topic, "k", "later")]);
      await eventually(() => expect(seen).to.deep.equal(["hold", "later"]));
      release();
      await reader.close();
    });

    it("waits when the window of a partition is full", async () => {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const seen: string[] = [];
      const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
        seen.push(...batch.map(text));
        await held;
      };
      const values = Array.from({ length: 25 }, (_, i) => String(i));
      await bus.publish(values.map((value) => recordOf(topic, "k", value)));
      const reader = await bus.subscribe({ group, topics: [topic], onBatch, onError: failOn, window: 10 });
      await eventually(() => expect(seen).to.have.length(10));
      release();
      await eventually(() => expect(seen).to.deep.equal(values));
      await reader.close();
    });

    it("shares the partitions of a topic among the members of a group", async () => {
      const seen: [LogRecord[], LogRecord[]] = [[], []];
      const readers = await Promise.all(
        seen.map((records) => bus.subscribe({ group, topics: [topic], onBatch: collect(records), onError: failOn })),
      );
      await bus.publish(Array.from({ length: 100 }, (_, i) => recordOf(topic, `k${i}`, String(i))));
      await eventually(() => expect(new Set(seen.flat().map(text)).size).to.equal(100), 20_000);
      await Promise.all(readers.map((reader) => reader.close()));
    });

    it("reads several topics in one subscription, and lets a running callback end before it closes", async () => {
      const other = `${topic}-other`;
      await bus.ensureTopics([{ name: other, policy: "compact", partitions: 2 }]);
      await bus.publish([recordOf(topic, "k", "1"), recordOf(other, "k", "2")]);
      const seen: string[] = [];
      let ended = 0;
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
        seen.push(...batch.map((record) => `${record.topic}: ${text(record)}`));
        await held;
        ended += batch.length;
      };
      const reader = await bus.subscribe({ group, topics: [topic, other], onBatch, onError: failOn });
      await eventually(() => expect(seen).to.have.members([`${topic}: 1`, `${other}: 2`]));
      const closed = reader.close();
      release();
      await closed;
      expect(ended).to.equal(2);
    });

    it("tells a follower's owner when its callback throws", async () => {
      await bus.publish([recordOf(topic, "k", "1")]);
      const errors: unknown[] = [];
      const onRecord = (): void => {
        throw new Error("not this one");
      };
      const follower = await bus.follow({ topic, onRecord, onError: (error) => errors.push(error) });
      await eventually(() => expect(errors.map(String)).to.deep.equal(["Error: not this one"]));
      await follower.close();
    });

    it("says when a follower has caught up, and goes on after that", async () => {
      await bus.publish(Array.from({ length: 1200 }, (_, i) => recordOf(topic, `k${i}`, String(i))));
      const seen: LogRecord[] = [];
      const follower = await bus.follow({ topic, onRecord: (record) => seen.push(record), onError: failOn });
      await follower.caughtUp;
      expect(seen).to.have.length(1200);
      await bus.publish([recordOf(topic, "k", null)]);
      await eventually(() => expect(seen.at(-1)?.value).to.equal(null));
      await follower.close();
    });

    it("catches up at once on an empty topic", async () => {
      const follower = await bus.follow({ topic, onRecord: () => {}, onError: failOn });
      await follower.caughtUp;
      await follower.close();
      expect([...(await bus.endOffsets(topic)).values()].every((end) => end === 0n)).to.equal(true);
    });

    it("refuses a record without a key on a compacted topic, and nothing else with it", async () => {
      const refused = bus.publish([recordOf(topic, undefined, "x")]).catch((error: unknown) => error);
      await bus.publish([recordOf(topic, "k", "y")]);
      const error = await refused;
      expect(error).to.be.instanceOf(MeshError).with.property("code", "INVALID_RECORD");
      const ends = [...(await bus.endOffsets(topic)).values()];
      expect(ends.reduce((sum, end) => sum + end, 0n)).to.equal(1n);
    });

    it("takes keyless records where the topic is not compacted", async () => {
      const open = `${topic}-events`;
      await bus.ensureTopics([{ name: open, policy: { deleteAfterMs: 3_600_000 } }]);
      await bus.publish([recordOf(open, undefined, "x")]);
      expect([...(await bus.endOffsets(open)).values()].reduce((sum, end) => sum + end, 0n)).to.equal(1n);
    });

    it("creates topics once, and refuses one with another cleanup policy", async () => {
      await bus.ensureTopics([
        { name: topic, policy: "compact" },
        { name: topic, policy: undefined },
      ]);
      const error = await bus
        .ensureTopics([{ name: topic, policy: { deleteAfterMs: 1000 } }])
        .catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(MeshError).with.property("code", "TOPIC_MISMATCH");
    });

    it("says whether a topic still holds all that was published", async () => {
      const open = `${topic}-short`;
      await bus.ensureTopics([{ name: open, policy: { deleteAfterMs: 3_600_000 } }]);
      expect([await bus.holdsAll(topic), await bus.holdsAll(open)]).to.deep.equal([true, true]);
      await bus.publish([recordOf(open, "k", "x"), recordOf(topic, "k", "x")]);
      expect([await bus.holdsAll(topic), await bus.holdsAll(open)]).to.deep.equal([true, true]);
    });

    it("counts what a group has yet to settle of what stood before", async () => {
      const group = `${topic}-counted`;
      await bus.publish([recordOf(topic, "k", "x"), recordOf(topic, "k", "y")]);
      const ends = await bus.endOffsets(topic);
      expect(await bus.unread(group, topic, ends)).to.equal(2n);
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let count = 0;
      const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
        count += batch.length;
        await held;
      };
      const reader = await bus.subscribe({ group, topics: [topic], onBatch, onError: failOn });
      await eventually(() => expect(count).to.equal(2));
      expect(await bus.unread(group, topic, ends)).to.equal(2n);
      release();
      await eventually(async () => expect(await bus.unread(group, topic, ends)).to.equal(0n));
      await bus.publish([recordOf(topic, "k", "z")]);
      expect(await bus.unread(group, topic, ends)).to.equal(0n);
      await reader.close();
    });

    it("forgets a group without members, which then reads from the earliest again", async () => {
      const group = `${topic}-forgotten`;
      await bus.publish([recordOf(topic, "k", "x")]);
      const read = async (): Promise<number> => {
        let count = 0;
        const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
          count += batch.length;
        };
        const reader = await bus.subscribe({ group, topics: [topic], onBatch, onError: failOn });
        await eventually(() => expect(count).to.equal(1));
        const refused = await bus.forgetGroup(group).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(MeshError).with.property("code", "BUS_UNAVAILABLE");
        await reader.close();
        return count;
      };
      expect(await read()).to.equal(1);
      await bus.forgetGroup(group);
      await bus.forgetGroup(group);
      expect(await read()).to.equal(1);
    });

    expectCases(18);
  });
};
