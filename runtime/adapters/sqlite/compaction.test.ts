import { expect } from "chai";
import type { OutgoingRecord } from "../../ports.ts";
import { createCompaction } from "./compaction.ts";
import { openDatabase } from "./database.ts";
import { createLogTable } from "./log-table.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

describe("createCompaction", () => {
  const open = () => {
    const clock = { now: 0 };
    const { db } = openDatabase({ folder: ":memory:" });
    const log = createLogTable(db, () => clock.now);
    log.ensure([
      { name: "t", policy: "compact", partitions: 1 },
      { name: "d", policy: { deleteAfterMs: day }, partitions: 1 },
    ]);
    const put = (topic: string, ...records: (readonly [key: string, value: string | null])[]): void => {
      log.append(
        records.map(
          ([key, value]): OutgoingRecord => ({
            topic,
            key,
            value: value === null ? null : Buffer.from(value),
            headers: {},
          }),
        ),
      );
    };
    const standing = (topic: string) =>
      log.read(topic, 0, 0n, 100_000).map(({ key, value }) => `${key}=${value === null ? "†" : Buffer.from(value)}`);
    return { clock, log, put, standing, compaction: createCompaction(db, log) };
  };

  it("keeps the last record of each key, and those younger than ten minutes", async () => {
    const { clock, put, standing, compaction } = open();
    put("t", ["a", "1"], ["b", "1"], ["a", "2"]);
    clock.now = 20 * minute;
    put("t", ["b", "2"], ["b", "3"]);
    await compaction.run(clock.now);
    expect(standing("t")).to.deep.equal(["a=2", "b=2", "b=3"]);
  });

  it("keeps a tombstone for a week", async () => {
    const { clock, put, standing, compaction } = open();
    put("t", ["a", "1"], ["a", null]);
    clock.now = day;
    await compaction.run(clock.now);
    expect(standing("t")).to.deep.equal(["a=†"]);
    clock.now = 8 * day;
    await compaction.run(clock.now);
    expect(standing("t")).to.deep.equal([]);
  });

  it("drops what is past the retention of a topic, and goes on counting offsets", async () => {
    const { clock, log, put, standing, compaction } = open();
    put("d", ["a", "1"]);
    clock.now = 2 * day;
    await compaction.run(clock.now);
    expect(standing("d")).to.deep.equal([]);
    put("d", ["a", "2"]);
    expect(log.read("d", 0, 0n, 10)[0]?.offset).to.equal(1n);
  });

  it("goes through a long topic in slices", async () => {
    const { clock, put, standing, compaction } = open();
    put("t", ...Array.from({ length: 5000 }, (_, i) => [`k${i % 10}`, String(i)] as const));
    clock.now = 20 * minute;
    await compaction.run(clock.now);
    expect(standing("t")).to.have.length(10);
  });
});
