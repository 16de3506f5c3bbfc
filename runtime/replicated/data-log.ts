import type { Commit } from "../entity/host.ts";
import { partitionKeyOf } from "../entity/key.ts";
import { timeOf } from "../entity/version-clock.ts";
import { MeshError } from "../errors.ts";
import { headersOf, messageId, readEnvelope, sequenceOf, versionOf } from "../eventing/envelope.ts";
import type { LogRecord, OutgoingRecord } from "../ports.ts";
import type { Generation } from "./data/generation.ts";
import { decodeTree, encodeTree } from "./data/tree-codec.ts";
import type { DataChange } from "./data-entry.ts";

/** The head its author had read, its author's name for the record, the generation, and when its author knew all. */
const baseHeader = "rollcall_base";
const writeHeader = "rollcall_write";
const generationHeader = "rollcall_generation";
const knownHeader = "rollcall_known";

/** No clock is a day ahead; a version that is would block its key until then. */
const aheadMs = 24 * 3_600_000;
/** Kafka takes records of about a million bytes; headers and key need some of that. */
const maxBytes = 900_000;

export type ReadDataChange = {
  readonly key: string;
  readonly change: DataChange;
  readonly write: string | undefined;
};

/** The change that a record of the log stands for. Throws INVALID_RECORD on one that is none. */
export const readDataChange = (record: LogRecord, now: number): ReadDataChange => {
  const { key, headers, value, timestamp, offset } = record;
  const version = versionOf(readEnvelope(record).sequence);
  const base = wholeNumber(headers[baseHeader]);
  const generation = wholeNumber(headers[generationHeader]);
  const knownAt = wholeNumber(headers[knownHeader]);
  if (key === undefined || version === undefined) throw invalid("has no key or no version");
  if (base === undefined || generation === undefined || knownAt === undefined) throw invalid("was not written by us");
  if (timeOf(version) > now + aheadMs) throw invalid(`has version ${version}, more than a day ahead`);
  const holds: Generation = { number: generation, tree: value === null ? undefined : decodeTree(value) };
  const change = { place: offset + 1n, version, holds, base, knownAt: Number(knownAt), at: timestamp };
  return { key, change, write: headers[writeHeader] };
};

const invalid = (what: string): MeshError =>
  new MeshError("INVALID_RECORD", `a record that ${what} is no part of replicated data`);

const wholeNumber = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;

export type DataLog = {
  /** The `entity_type`. */
  readonly type: string;
  /** What kind of data it is, such as `replicated_counter`. */
  readonly kind: string;
  /** Full name of the entity service. */
  readonly source: string;
  readonly logTopic: string;
};

/** A record that makes its author's knowledge of a key the log's. */
export type DataWrite = Pick<DataChange, "version" | "holds" | "base" | "knownAt"> & {
  readonly key: string;
  readonly write: string;
  readonly traceparent: string | undefined;
};

/** Throws ENTITY_TOO_LARGE when the log does not take so much. */
export const dataRecord = (
  { type, kind, source, logTopic }: DataLog,
  { key, version, holds, base, knownAt, write, traceparent }: DataWrite,
  now: number,
): OutgoingRecord => {
  const value = holds.tree === undefined ? null : encodeTree(holds.tree);
  if (value !== null && value.length > maxBytes) {
    throw new MeshError(
      "ENTITY_TOO_LARGE",
      `${type} "${key}" would have ${value.length} bytes, and ${maxBytes} is the most; divide it among several keys`,
    );
  }
  const headers = headersOf({
    id: messageId(type, key, version, 0),
    source,
    type: `rollcall.${kind}`,
    subject: key,
    sequence: sequenceOf(version, 0),
    time: new Date(now).toISOString(),
    traceparent,
  });
  return {
    topic: logTopic,
    key,
    partitionKey: partitionKeyOf(key),
    value,
    headers: {
      ...headers,
      [baseHeader]: String(base),
      [generationHeader]: String(holds.number),
      [knownHeader]: String(Math.trunc(knownAt)),
      [writeHeader]: write,
    },
  };
};

/** Messages beside the change would be a second write, which a crash could part from the first. */
export const refuseOutputs = ({ type, logTopic }: DataLog, { key, outputs }: Commit): void => {
  const [output] = outputs;
  if (output === undefined) return;
  throw new MeshError(
    "OUTPUT_MISMATCH",
    `a unit that changes the replicated ${type} "${key}" cannot publish to "${output.topic}" as well: its one write is to "${logTopic}"; publish from a method that reads the entity`,
  );
};
