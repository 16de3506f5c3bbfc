import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import Decoder from "kafkajs/src/protocol/decoder.js";
import { type BatchRecord, decodeRecordBatch, type RecordBatch } from "./record-decoder.ts";
import { type EncodableRecord, encodeRecord } from "./record-encoder.ts";

/** As kafkajs has it, whatever was installed before. */
const loadOriginal = (): ((decoder: Decoder) => Promise<RecordBatch>) => {
  const require = createRequire(import.meta.url);
  const path = require.resolve("kafkajs/src/protocol/recordBatch/v0/decoder.js");
  const present = require.cache[path];
  delete require.cache[path];
  try {
    return require(path) as (decoder: Decoder) => Promise<RecordBatch>;
  } finally {
    if (present !== undefined) require.cache[path] = present;
  }
};

/** A batch of format 2: its header, then the records. */
const batchOf = (records: readonly EncodableRecord[], attributes: number, firstOffset: bigint): Buffer => {
  const body = Buffer.concat(records.map((record) => encodeRecord(record).buffer));
  const header = Buffer.alloc(61);
  const packed = (attributes & 7) === 1 ? gzipSync(body) : body;
  header.writeBigInt64BE(firstOffset, 0);
  header.writeInt32BE(49 + packed.length, 8);
  header.writeInt32BE(7, 12);
  header.writeInt8(2, 16);
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(records.length - 1, 23);
  header.writeBigInt64BE(1_790_000_000_000n, 27);
  header.writeBigInt64BE(1_790_000_009_999n, 35);
  header.writeBigInt64BE(4_000_000_000n, 43);
  header.writeInt16BE(3, 51);
  header.writeInt32BE(12, 53);
  header.writeInt32BE(records.length, 57);
  return Buffer.concat([header, packed]);
};

const text = fc.string({ unit: "grapheme", maxLength: 100 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record = fc.record({
  offsetDelta: fc.nat(100_000),
  timestampDelta: fc.nat(2 ** 40),
  key: fc.option(text),
  value: fc.option(bytes),
  headers: fc.dictionary(
    text.filter((name) => name !== "__proto__" && !(name in {})),
    fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 3 })),
    { maxKeys: 12 },
  ),
});
/** Compressed or not, times of the log or the producer, in a transaction, of its control. */
const attributes = fc.constantFrom(0, 1, 0x8, 0x10, 0x20, 0x39);

const inText = (batch: RecordBatch) => ({
  ...batch,
  records: batch.records.map(({ headers, batchContext, ...rest }: BatchRecord) => ({
    ...rest,
    headers: Object.entries(headers ?? {}).map(([name, value]) => [name, [value].flat().map(String)]),
  })),
});

describe("decodeRecordBatch", () => {
  it("reads what kafkajs reads, with headers in text, and stops behind the batch", async () => {
    const original = loadOriginal();
    const batch = fc.array(record, { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(batch, attributes, fc.bigInt(0n, 2n ** 52n), async (records, flags, first) => {
        const data = Buffer.concat([batchOf(records, flags, first), Buffer.from("the next batch")]);
        const [ours, theirs] = [new Decoder(data), new Decoder(data)];
        const read = await decodeRecordBatch(ours);
        expect(inText({ ...read, magicByte: 2 })).to.deep.equal(inText({ ...(await original(theirs)), magicByte: 2 }));
        expect(ours.offset).to.equal(theirs.offset);
      }),
      { numRuns: 300 },
    );
  });

  it("says of a batch that is cut off what kafkajs listens for", async () => {
    const data = batchOf([{ key: "k", value: "v" }], 0, 5n).subarray(0, -1);
    const error = await decodeRecordBatch(new Decoder(data)).catch((reason: unknown) => reason);
    expect(error).to.have.property("name", "KafkaJSPartialMessageError");
  });
});
