import { createRequire } from "node:module";

type Text = string | Buffer | null | undefined;
export type EncodableRecord = {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
  readonly key?: Text;
  readonly value?: Text;
  readonly headers?: Readonly<Record<string, Text | readonly Text[]>>;
};

/** What kafkajs asks of its own encoder when it puts records into a batch. */
export type EncodedRecord = { readonly buf: Buffer; readonly buffer: Buffer };

const sizeOfVarint = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
};

/** Zigzag of what is never below -1: lengths, counts, and distances within a batch. */
const zigzag = (value: number): number => (value < 0 ? 1 : value * 2);

const lengthOf = (text: Text): number => {
  if (text === null || text === undefined) return -1;
  return typeof text === "string" ? Buffer.byteLength(text) : text.length;
};

/**
 * A record of a batch, version 2, in bytes:
 * `length attributes timestampDelta offsetDelta (length key) (length value) count ((length name) (length value))*`.
 * kafkajs takes a buffer of half a kilobyte for the record, for each of its headers, and for each number of it.
 */
export const encodeRecord = (record: EncodableRecord): EncodedRecord => {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record;
  const texts: Text[] = [key, value];
  for (const name of Object.keys(headers)) {
    const values = headers[name];
    if (!Array.isArray(values)) texts.push(name, values as Text);
    else for (const each of values) texts.push(name, each);
  }
  const count = zigzag((texts.length - 2) / 2);
  const lengths = texts.map(lengthOf);
  let body = 1 + sizeOfVarint(zigzag(timestampDelta)) + sizeOfVarint(zigzag(offsetDelta)) + sizeOfVarint(count);
  for (const length of lengths) body += sizeOfVarint(zigzag(length)) + Math.max(0, length);

  const buf = Buffer.allocUnsafe(sizeOfVarint(zigzag(body)) + body);
  let at = writeVarint(buf, 0, zigzag(body));
  buf[at++] = 0;
  at = writeVarint(buf, at, zigzag(timestampDelta));
  at = writeVarint(buf, at, zigzag(offsetDelta));
  for (let i = 0; i < texts.length; i++) {
    if (i === 2) at = writeVarint(buf, at, count);
    at = writeVarint(buf, at, zigzag(lengths[i] as number));
    at = writeText(buf, at, texts[i]);
  }
  if (texts.length === 2) writeVarint(buf, at, count);
  return { buf, buffer: buf };
};

const writeVarint = (buf: Buffer, start: number, value: number): number => {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buf[at++] = (rest % 0x80) | 0x80;
  buf[at++] = rest;
  return at;
};

const writeText = (buf: Buffer, at: number, text: Text): number => {
  if (text === null || text === undefined) return at;
  return at + (typeof text === "string" ? buf.write(text, at) : text.copy(buf, at));
};

const require = createRequire(import.meta.url);

/** Puts the encoder in the place of that of kafkajs, which looks for its own when it first connects to a broker. */
export const installRecordEncoder = (): void => {
  const path = require.resolve("kafkajs/src/protocol/recordBatch/record/v0/index.js");
  require(path);
  const module = require.cache[path];
  if (module !== undefined) module.exports = encodeRecord;
};
