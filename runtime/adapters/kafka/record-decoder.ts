import { createRequire } from "node:module";
import type { KafkaMessage } from "kafkajs";
import { KafkaJSPartialMessageError } from "kafkajs/src/errors.js";
import type Decoder from "kafkajs/src/protocol/decoder.js";
import { lookupCodecByAttributes } from "kafkajs/src/protocol/message/compression/index.js";

/** What kafkajs knows of a batch, and looks at when it drops aborted transactions. */
type BatchContext = {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly partitionLeaderEpoch: number;
  readonly lastOffsetDelta: number;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly timestampType: 0 | 1;
  readonly magicByte: number;
};

/** A record as kafkajs gives it, but with headers in text. */
export type BatchRecord = KafkaMessage & {
  readonly magicByte: number;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
};
export type RecordBatch = BatchContext & { readonly records: BatchRecord[] };

/** Where the fields of a batch stand, counted from its first byte. */
const place = { length: 8, epoch: 12, magic: 16, attributes: 21, lastOffset: 23, firstTime: 27, maxTime: 35 } as const;
const placeOfProducer = { id: 43, epoch: 51, sequence: 53 } as const;
const placeOfRecords = { count: 57, first: 61 } as const;

/**
 * Reads a batch of format 2, and leaves the decoder behind it. kafkajs copies a record's headers once for each of them,
 * and computes each offset and time from text.
 */
export const decodeRecordBatch = async (decoder: Decoder): Promise<RecordBatch> => {
  const whole = decoder.buffer.subarray(decoder.offset);
  const end = place.epoch + whole.readInt32BE(place.length);
  if (whole.length < end) throw new KafkaJSPartialMessageError(`${whole.length} bytes of a record batch of ${end}`);
  decoder.forward(end);
  const batch = whole.subarray(0, end);

  const attributes = batch.readInt16BE(place.attributes);
  const firstOffset = batch.readBigInt64BE(0);
  const firstTimestamp = batch.readBigInt64BE(place.firstTime);
  const maxTimestamp = batch.readBigInt64BE(place.maxTime);
  const context: BatchContext = {
    firstOffset: String(firstOffset),
    firstTimestamp: String(firstTimestamp),
    maxTimestamp: String(maxTimestamp),
    partitionLeaderEpoch: batch.readInt32BE(place.epoch),
    lastOffsetDelta: batch.readInt32BE(place.lastOffset),
    inTransaction: (attributes & 0x10) > 0,
    isControlBatch: (attributes & 0x20) > 0,
    producerId: String(batch.readBigInt64BE(placeOfProducer.id)),
    producerEpoch: batch.readInt16BE(placeOfProducer.epoch),
    firstSequence: batch.readInt32BE(placeOfProducer.sequence),
    timestampType: (attributes & 0x8) > 0 ? 1 : 0,
    magicByte: batch.readInt8(place.magic),
  };
  const count = batch.readInt32BE(placeOfRecords.count);
  const codec = lookupCodecByAttributes(attributes);
  const packed = batch.subarray(placeOfRecords.first);
  const bytes = codec === null || count <= 0 ? packed : await codec.decompress(packed);
  const records = decodeRecords({ bytes, at: 0 }, count, context, Number(firstOffset), Number(firstTimestamp));
  return { ...context, records };
};

type Cursor = { readonly bytes: Buffer; at: number };

/** Offsets and times are below 2^53. */
const decodeRecords = (
  cursor: Cursor,
  count: number,
  batchContext: BatchContext,
  firstOffset: number,
  firstTime: number,
): BatchRecord[] => {
  const { magicByte, isControlBatch: isControlRecord, timestampType, maxTimestamp } = batchContext;
  const records: BatchRecord[] = [];
  const texts: TextPlace[] = [];
  for (let i = 0; i < count; i++) {
    const size = readVarint(cursor);
    const end = cursor.at + size;
    const attributes = cursor.bytes.readInt8(cursor.at++);
    const time = firstTime + readVarint(cursor);
    records.push({
      magicByte,
      attributes,
      timestamp: timestampType === 1 ? maxTimestamp : String(time),
      offset: String(firstOffset + readVarint(cursor)),
      key: readBytes(cursor),
      value: readBytes(cursor),
      headers: readHeaders(cursor, texts),
      isControlRecord,
      batchContext,
    });
    cursor.at = end;
  }
  return records;
};

/** A text of the record before, and where its bytes stand. */
type TextPlace = { readonly start: number; readonly length: number; readonly text: string };

const readHeaders = (cursor: Cursor, texts: TextPlace[]): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {};
  const count = readVarint(cursor);
  for (let i = 0; i < count; i++) {
    const name = readText(cursor, texts, 2 * i);
    const text = readText(cursor, texts, 2 * i + 1);
    const present = headers[name];
    if (present === undefined) headers[name] = text;
    else headers[name] = typeof present === "string" ? [present, text] : [...present, text];
  }
  return headers;
};

/** Names, and most values, are those of the record before: one string stands for all of them. */
const readText = (cursor: Cursor, texts: TextPlace[], slot: number): string => {
  const length = readVarint(cursor);
  if (length <= 0) return "";
  const start = cursor.at;
  cursor.at += length;
  const before = texts[slot];
  if (before !== undefined && before.length === length && isSame(cursor.bytes, before.start, start, length))
    return before.text;
  const text = cursor.bytes.toString("utf8", start, cursor.at);
  texts[slot] = { start, length, text };
  return text;
};

/** From the end: texts that differ are mostly ids and times. */
const isSame = (bytes: Buffer, a: number, b: number, length: number): boolean => {
  for (let i = length - 1; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
};

const readBytes = (cursor: Cursor): Buffer | null => {
  const length = readVarint(cursor);
  if (length < 0) return null;
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
};

/** Zigzag; one byte for nearly all of them. */
const readVarint = (cursor: Cursor): number => {
  let byte = cursor.bytes[cursor.at++] as number;
  if (byte < 0x80) return (byte & 1) === 0 ? byte >>> 1 : -(byte >>> 1) - 1;
  let value = byte & 0x7f;
  for (let unit = 0x80; byte >= 0x80; unit *= 0x80) {
    byte = cursor.bytes[cursor.at++] as number;
    value += (byte & 0x7f) * unit;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
};

const require = createRequire(import.meta.url);

/** Puts the decoder in the place of that of kafkajs, which looks for its own when it first fetches. */
export const installRecordDecoder = (): void => {
  const path = require.resolve("kafkajs/src/protocol/recordBatch/v0/decoder.js");
  require(path);
  const module = require.cache[path];
  if (module !== undefined) module.exports = decodeRecordBatch;
};
