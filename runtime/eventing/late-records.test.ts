import { expect } from "chai";
import fc from "fast-check";
import { createLateRecords, type VersionedRecord } from "./late-records.ts";

const record = (key: string, madeAt: number, appendedAt = madeAt, partition = 0): VersionedRecord => ({
  key,
  version: BigInt(madeAt) << 16n,
  partition,
  timestamp: appendedAt,
});

describe("createLateRecords", () => {
  it("knows a record that stands behind a newer one of its key, and one that does not", () => {
    const late = createLateRecords();
    expect(late.take(record("k", 100_000))).to.equal(false);
    expect(late.take(record("k", 100_500))).to.equal(false);
    expect(late.take(record("k", 100_200, 100_600))).to.equal(true);
    expect(late.take(record("other", 100_200, 100_600))).to.equal(false);
    expect(late.take(record("k", 100_500, 100_700))).to.equal(false);
  });

  it("suspects what was appended long after its version was made, or before", () => {
    const late = createLateRecords();
    expect(late.take(record("k", 100_000, 200_000))).to.equal(true);
    expect(late.take(record("k", 300_000, 200_000))).to.equal(true);
  });

  it("misses no late record, whatever is between, and remembers no more than it may", () => {
    const step = fc.record({ key: fc.nat(5), waits: fc.nat(4000), age: fc.nat(20_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(2, 4, 100), (steps, maxKeys) => {
        const late = createLateRecords(maxKeys);
        const made = new Map<number, number>();
        let now = 1_000_000;
        for (const { key, waits, age } of steps) {
          now += waits;
          const appended = record(String(key), now - age, now);
          const isSuspect = late.take(appended);
          // A version is made on what stands: until this moment the newest of its key was not made later.
          if (now - age < (made.get(key) ?? 0)) expect(isSuspect).to.equal(true);
          made.set(key, Math.max(made.get(key) ?? 0, now - age));
          expect(late.size).to.be.at.most(maxKeys);
        }
      }),
    );
  });

  it("suspects all records while more keys come than it may remember", () => {
    const late = createLateRecords(10);
    const answers = Array.from({ length: 30 }, (_, i) => late.take(record(`k${i}`, 100_000 + i)));
    expect(answers.slice(0, 10)).to.not.include(true);
    expect(answers.slice(10)).to.not.include(false);
    expect(late.take(record("later", 200_000))).to.equal(false);
  });

  it("keeps partitions apart, which are read at different times", () => {
    const late = createLateRecords();
    late.take(record("a", 100_000, 100_000, 0));
    late.take(record("b", 900_000, 900_000, 1));
    expect(late.take(record("a", 99_000, 100_500, 0))).to.equal(true);
  });
});
