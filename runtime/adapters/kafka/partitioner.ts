import type { ICustomPartitioner, Message } from "kafkajs";
import type { OutgoingRecord } from "../../ports.ts";

/** A message with what its partition is chosen by; kafkajs hands it to the partitioner as it is. */
export type PlacedMessage = Message & { readonly placedBy: string | undefined };

export const toMessage = ({ key, partitionKey, value, headers }: OutgoingRecord): PlacedMessage => ({
  key: key ?? null,
  value: value === null || Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length),
  headers,
  placedBy: partitionKey ?? key,
});

const m = 0x5bd1e995;

/** The hash by which Java's producer, and kafkajs, choose a partition. */
export const murmur2 = (data: Buffer): number => {
  const words = data.length >>> 2;
  let h = 0x9747b28c ^ data.length;
  for (let i = 0; i < words; i++) {
    const k = Math.imul(data.readInt32LE(i * 4), m);
    h = Math.imul(h, m) ^ Math.imul(k ^ (k >>> 24), m);
  }
  const rest = data.length & 3;
  if (rest > 0) h = Math.imul(h ^ data.readUIntLE(words * 4, rest), m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
};

/** By the partition key, where Java's clients would put it; in turn when there is none. */
export const createPartitioner: ICustomPartitioner = () => {
  let turn = 0;
  return ({ partitionMetadata, message }) => {
    const { placedBy } = message as PlacedMessage;
    const hash = placedBy === undefined ? turn++ : murmur2(Buffer.from(placedBy));
    return (hash & 0x7fffffff) % partitionMetadata.length;
  };
};
