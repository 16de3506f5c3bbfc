import { MeshError } from "../errors.ts";

/** One beat that its replica has not read back yet. */
export type RecordedBeat = {
  readonly key: string;
  /** Of the beats of this replica's incarnation; a count that was seen already is not counted again. */
  readonly count: number;
  /** Since the beat, when the record was cut. */
  readonly ageMs: number;
  readonly leaseMs: number;
  /** The lease whose interval the device was told to keep from now on; shorter, if it was told a longer one before. */
  readonly toldMs: number;
  /** Hash of the client's session; 0 without one. */
  readonly session: number;
  /** The client's own count; 0 without one. */
  readonly sequence: number;
};

/** What a replica tells the others, every quarter of a second. */
export type LeaseRecord = {
  readonly replica: string;
  /** Grows when a replica of this name starts again. */
  readonly incarnation: number;
  /** Of this incarnation's records; older ones are ignored. */
  readonly number: number;
  /** The offset of the lease log that the replica had read when it cut the record; -1 for none. */
  readonly read: number;
  /** It has caught up and hears its own records in time. */
  readonly isEligible: boolean;
  readonly isLeaving: boolean;
  readonly beats: readonly RecordedBeat[];
};

// Layout, all numbers as varints (7 bits a byte, lowest first), texts as their length and UTF-8:
//   format (1), replica text, incarnation, number, read + 1, flags (1 eligible, 2 leaving), beats,
//   then for each beat: count less the one before, age, lease, lease less the told one, session, sequence, key text.
const format = 1;
const eligible = 1;
const leaving = 2;

/** Where the next number or text goes, or comes from. */
type Cursor = { readonly bytes: Buffer; at: number };

const writeNumber = (cursor: Cursor, value: number): void => {
  let rest = value;
  while (rest > 0x7f) {
    cursor.bytes[cursor.at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  cursor.bytes[cursor.at++] = rest;
};

const writeText = (cursor: Cursor, value: string): void => {
  writeNumber(cursor, Buffer.byteLength(value));
  cursor.at += cursor.bytes.write(value, cursor.at);
};

const readNumber = (cursor: Cursor): number => {
  const first = cursor.bytes[cursor.at];
  if (first !== undefined && first < 0x80) {
    cursor.at += 1;
    return first;
  }
  let result = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined || scale > 2 ** 49) throw malformed();
    result += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (!Number.isSafeInteger(result)) throw malformed();
  return result;
};

const readText = (cursor: Cursor): string => {
  const end = readNumber(cursor) + cursor.at;
  if (end > cursor.bytes.length) throw malformed();
  const result = cursor.bytes.toString("utf8", cursor.at, end);
  cursor.at = end;
  return result;
};

export const encodeLeaseRecord = (record: LeaseRecord): Uint8Array => {
  let size = 60 + record.replica.length * 3;
  for (const { key } of record.beats) size += 50 + key.length * 3;
  const cursor = { bytes: Buffer.allocUnsafe(size), at: 0 };
  writeNumber(cursor, format);
  writeText(cursor, record.replica);
  writeNumber(cursor, record.incarnation);
  writeNumber(cursor, record.number);
  writeNumber(cursor, record.read + 1);
  writeNumber(cursor, (record.isEligible ? eligible : 0) | (record.isLeaving ? leaving : 0));
  writeNumber(cursor, record.beats.length);
  let last = 0;
  for (const beat of record.beats) {
    writeNumber(cursor, beat.count - last);
    last = beat.count;
    writeNumber(cursor, Math.max(0, Math.round(beat.ageMs)));
    writeNumber(cursor, beat.leaseMs);
    writeNumber(cursor, beat.leaseMs - beat.toldMs);
    writeNumber(cursor, beat.session);
    writeNumber(cursor, beat.sequence);
    writeText(cursor, beat.key);
  }
  return cursor.bytes.subarray(0, cursor.at);
};

/** Throws INVALID_RECORD on bytes that are no lease record. */
export const decodeLeaseRecord = (value: Uint8Array): LeaseRecord => {
  const cursor = { bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength), at: 0 };
  if (readNumber(cursor) !== format) throw malformed();
  const replica = readText(cursor);
  const incarnation = readNumber(cursor);
  const number = readNumber(cursor);
  const read = readNumber(cursor) - 1;
  const flags = readNumber(cursor);
  const beats: RecordedBeat[] = [];
  let count = 0;
  for (let left = readNumber(cursor); left > 0; left--) {
    count += readNumber(cursor);
    const ageMs = readNumber(cursor);
    const leaseMs = readNumber(cursor);
    const toldMs = leaseMs - readNumber(cursor);
    const session = readNumber(cursor);
    const sequence = readNumber(cursor);
    beats.push({ count, ageMs, leaseMs, toldMs, session, sequence, key: readText(cursor) });
  }
  if (cursor.at !== cursor.bytes.length) throw malformed();
  const [isEligible, isLeaving] = [(flags & eligible) !== 0, (flags & leaving) !== 0];
  return { replica, incarnation, number, read, isEligible, isLeaving, beats };
};

const malformed = (): MeshError => new MeshError("INVALID_RECORD", "a record of the lease log is malformed");
