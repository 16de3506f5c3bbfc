import { createRequire } from "node:module";
import { expect } from "chai";
import fc from "fast-check";
import { type EncodableRecord, type EncodedRecord, encodeRecord } from "./record-encoder.ts";

/** As kafkajs has it, whatever was installed before. */
const loadOriginal = (): ((record: EncodableRecord) => EncodedRecord) => {
  const require = createRequire(import.meta.url);
  const path = require.resolve("kafkajs/src/protocol/recordBatch/record/v0/index.js");
  const present = require.cache[path];
  delete require.cache[path];
  try {
    return require(path) as (record: EncodableRecord) => EncodedRecord;
  } finally {
    if (present !== undefined) require.cache[path] = present;
  }
};

const text = fc.string({ unit: "grapheme", maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record = fc.record({
  offsetDelta: fc.nat(1_000_000),
  timestampDelta: fc.oneof(fc.nat(100), fc.nat(2 ** 40)),
  key: fc.option(fc.oneof(text, bytes)),
  value: fc.option(bytes),
  headers: fc.dictionary(text, fc.oneof(text, bytes, fc.array(fc.oneof(text, bytes), { maxLength: 3 })), {
    maxKeys: 12,
  }),
});

describe("encodeRecord", () => {
  it("writes the bytes that kafkajs writes", () => {
    const original = loadOriginal();
    fc.assert(
      fc.property(record, (each) => {
        expect(encodeRecord(each).buffer.toString("hex")).to.equal(original(each).buffer.toString("hex"));
      }),
      { numRuns: 500 },
    );
  });
});
