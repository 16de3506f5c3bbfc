import { expect } from "chai";
import { MeshError } from "../errors.ts";
import type { LogRecord, OutgoingRecord } from "../ports.ts";
import { counterData } from "./data/counter-data.ts";
import { emptyTree } from "./data/dots.ts";
import { registerData } from "./data/register-data.ts";
import { type DataLog, type DataWrite, dataRecord, readDataChange } from "./data-log.ts";

const log: DataLog = { type: "likes", kind: "replicated_counter", source: "p.Likes", logTopic: "the-log" };
const now = 1_700_000_000_000;
const version = BigInt(now) << 16n;
const writer = { actor: "a", now };
const write: DataWrite = {
  key: "user/k",
  version,
  holds: { number: 7n, tree: counterData(emptyTree, writer).increment(3).tree },
  base: 5n,
  knownAt: now - 10,
  write: "author/1",
  traceparent: undefined,
};

const appended = ({ topic, key, value, headers }: OutgoingRecord): LogRecord => ({
  topic,
  partition: 0,
  offset: 41n,
  key,
  value,
  headers,
  timestamp: now + 5,
});

const failureOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

describe("dataRecord", () => {
  it("is read as it was written, at its place in the log", () => {
    const record = dataRecord(log, write, now);
    expect(record).to.include({ topic: "the-log", key: "user/k", partitionKey: "user" });
    expect(record.headers).to.include({ ce_type: "rollcall.replicated_counter", ce_subject: "user/k" });
    const { holds, base, knownAt } = write;
    expect(readDataChange(appended(record), now)).to.deep.equal({
      key: "user/k",
      change: { place: 42n, version, holds, base, knownAt, at: now + 5 },
      write: "author/1",
    });
  });

  it("is a tombstone where the key holds nothing", () => {
    const record = dataRecord(log, { ...write, holds: { number: version, tree: undefined } }, now);
    expect(record.value).to.equal(null);
    expect(readDataChange(appended(record), now).change.holds).to.deep.equal({ number: version, tree: undefined });
  });

  it("is refused when it is larger than the log takes", () => {
    const { tree } = registerData("bytes")(emptyTree, writer).set(new Uint8Array(900_000));
    const error = failureOf(() => dataRecord(log, { ...write, holds: { number: 0n, tree } }, now));
    expect(error).to.be.instanceOf(MeshError).with.property("code", "ENTITY_TOO_LARGE");
  });
});

describe("readDataChange", () => {
  const record = dataRecord(log, write, now);
  const changed = (change: Partial<LogRecord>): unknown =>
    failureOf(() => readDataChange({ ...appended(record), ...change }, now));

  it("refuses what was not written by us", () => {
    const foreign = [
      { headers: {} },
      { key: undefined },
      { headers: { ...record.headers, rollcall_base: "-1" } },
      { headers: { ...record.headers, rollcall_generation: "" } },
      { headers: { ...record.headers, ce_sequence: `${version + (100_000_000n << 16n)}.0` } },
      { value: Uint8Array.of(255) },
      { value: new Uint8Array() },
    ];
    for (const each of foreign) {
      expect(changed(each)).to.be.instanceOf(MeshError).with.property("code", "INVALID_RECORD");
    }
  });
});
