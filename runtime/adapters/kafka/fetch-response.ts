import filterAbortedMessages from "kafkajs/src/consumer/filterAbortedMessages.js";
import Decoder from "kafkajs/src/protocol/decoder.js";
import { type BatchRecord, decodeRecordBatch } from "./record-decoder.ts";

export type FetchedPartition = {
  readonly partition: number;
  readonly errorCode: number;
  readonly records: readonly BatchRecord[];
  /** Where reading goes on; undefined when nothing came. */
  readonly next: bigint | undefined;
};

// A batch's header up to and with its length, from which the rest can be read.
const batchPrefix = 12;

/**
 * The batches of one partition. kafkajs's own reader knows only records, and stands still before a batch that compaction
 * has emptied: here the header of the batch says where it ends. The last batch may be cut off.
 */
const decodeBatches = async (data: Buffer): Promise<{ records: BatchRecord[]; next: bigint | undefined }> => {
  const records: BatchRecord[] = [];
  let next: bigint | undefined;
  for (let at = 0; at + batchPrefix <= data.length; ) {
    const end = at + batchPrefix + data.readInt32BE(at + 8);
    if (end > data.length) break;
    if (data.readInt8(at + 16) !== 2) throw new Error("record batches of a format older than Kafka 0.11 are not read");
    const batch = await decodeRecordBatch(new Decoder(data.subarray(at, end)));
    for (const record of batch.records) records.push(record);
    next = BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta) + 1n;
    at = end;
  }
  return { records, next };
};

/**
 * Fetch response, version 10:
 *   throttle_time int32, error_code int16, session_id int32, [topic string, [partition int32, error_code int16,
 *   high_watermark int64, last_stable_offset int64, log_start_offset int64, [aborted: producer_id int64,
 *   first_offset int64], records bytes]]
 */
const decode = async (payload: Buffer): Promise<FetchedPartition[]> => {
  const decoder = new Decoder(payload);
  decoder.readInt32();
  const requestError = decoder.readInt16();
  decoder.readInt32();
  const partitions = decoder
    .readArray(() => {
      decoder.readString();
      return decoder.readArray(() => {
        const partition = decoder.readInt32();
        const errorCode = decoder.readInt16();
        for (let i = 0; i < 3; i++) decoder.readInt64();
        const abortedTransactions = decoder.readArray(() => ({
          producerId: String(decoder.readInt64()),
          firstOffset: String(decoder.readInt64()),
        }));
        const size = decoder.readInt32();
        const data = size > 0 ? decoder.readBytes(size) : null;
        return { partition, errorCode: requestError || errorCode, abortedTransactions, data: data ?? Buffer.alloc(0) };
      });
    })
    .flat();
  return Promise.all(
    partitions.map(async ({ partition, errorCode, abortedTransactions, data }) => {
      const { records, next } = await decodeBatches(data);
      const visible = filterAbortedMessages({ messages: records, abortedTransactions });
      return { partition, errorCode, next, records: visible.filter(({ isControlRecord }) => !isControlRecord) };
    }),
  );
};

/** How kafkajs is told to read the answer to a fetch. */
export const fetchResponse = {
  decode,
  parse: async (decoded: FetchedPartition[]): Promise<FetchedPartition[]> => decoded,
};
