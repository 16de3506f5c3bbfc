import { decodeMessage, encodeMessage } from "../codec.ts";
import { compact } from "../compact.ts";
import type { Commit, LeaseMark } from "../entity/host.ts";
import { partitionKeyOf } from "../entity/key.ts";
import { timeOf } from "../entity/version-clock.ts";
import { MeshError } from "../errors.ts";
import { protobufMedia } from "../eventing/content-type.ts";
import { headersOf, messageId, readEnvelope, sequenceOf, versionOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { LogRecord, MessageType, OutgoingRecord } from "../ports.ts";
import type { Change, Entry } from "./register.ts";

/** The version a change was made from, and its author's name for the record. */
const baseHeader = "rollcall_base";
const writeHeader = "rollcall_write";
/** What the record tells of the key's lease. */
const leaseHeader = "rollcall_lease";
const orderHeader = "rollcall_order";
const coversHeader = "rollcall_covers";
/** The record says what an earlier one has said: its time tells nothing of a beat. */
const againHeader = "rollcall_again";

/** No clock is a day ahead; a version that is would block its key until then. */
const aheadMs = 24 * 3_600_000;

export type ReadChange = {
  readonly key: string;
  readonly change: Change;
  readonly write: string | undefined;
  readonly mark: LeaseMark;
  readonly isAgain: boolean;
};

/** The change that a record of the log stands for. Throws a MeshError on one that is no part of the register. */
export const readChange = (record: LogRecord, type: MessageType, now: number): ReadChange => {
  const version = versionOf(readEnvelope(record).sequence);
  if (record.key === undefined || version === undefined) {
    throw new MeshError("INVALID_RECORD", "a record without key or version is no part of the register");
  }
  if (timeOf(version) > now + aheadMs) {
    throw new MeshError("INVALID_RECORD", `version ${version} lies more than a day ahead`);
  }
  const base = record.headers[baseHeader];
  const change = {
    version,
    value: record.value === null ? undefined : compact(decodeMessage(type, record.value)),
    base: base !== undefined && /^\d{1,19}$/.test(base) ? BigInt(base) : undefined,
  };
  const { [writeHeader]: write, [againHeader]: again } = record.headers;
  return { key: record.key, change, write, mark: markOf(record.headers), isAgain: again !== undefined };
};

export type RegisterLog = {
  /** The `entity_type`. */
  readonly type: string;
  /** Full name of the entity service; the source of records that the runtime appends itself. */
  readonly source: string;
  readonly value: MessageType;
  readonly logTopic: string;
};

/**
 * The one record of a change. An output of the unit to the log and key is that record; it must say what the
 * register will hold. Other outputs would be a second write, which a crash could part from the first.
 */
export const recordOf = (commit: Commit, log: RegisterLog, write: string, now: number): OutgoingRecord => {
  const { key, partitionKey, version, state, outputs, traceparent, loaded, mark } = commit;
  const { type, source, value, logTopic } = log;
  const id = messageId(type, key, version, 0);
  const stamp = { id, sequence: sequenceOf(version, 0), subject: key, time: now, traceparent };
  const records = outputs.map((output) => createRecord(output, stamp));
  const [first] = records;
  // Nearly always the reply is the new value itself, and is encoded already.
  const isState = outputs[0]?.message === state && first?.headers["content-type"] === protobufMedia;
  const written = isState ? first?.value : undefined;
  const bytes = state === undefined ? null : (written ?? encodeMessage(value, state));
  for (const record of records) {
    if (record.topic !== logTopic || record.key !== key) throw strayOutput(log, record);
    if (bytes === null || record.value === null || Buffer.compare(record.value, bytes) !== 0) {
      throw new MeshError(
        "OUTPUT_MISMATCH",
        `what is published to "${logTopic}" for "${key}" differs from the register's new value; reply with the value itself`,
      );
    }
  }
  const marks = { ...markHeaders(mark), [baseHeader]: String(loaded.version), [writeHeader]: write };
  if (first !== undefined) return { ...first, headers: Object.assign(first.headers, marks) };
  const envelope = { ...stamp, source, type: value.name, time: new Date(now).toISOString() };
  return { topic: logTopic, key, partitionKey, value: bytes, headers: Object.assign(headersOf(envelope), marks) };
};

/**
 * The record that a key holds, once more. Nothing changes by it, so it has the id of the first one; and it tells no
 * base, since a log that was compacted meanwhile may have lost what the value was made from.
 */
export const restatementOf = (
  key: string,
  { version, value: state }: Entry,
  log: RegisterLog,
  mark: LeaseMark | undefined,
  now: number,
): OutgoingRecord => {
  const { type, source, value, logTopic } = log;
  const stamp = { id: messageId(type, key, version, 0), sequence: sequenceOf(version, 0), subject: key };
  const time = new Date(now).toISOString();
  return provingNoBeat({
    topic: logTopic,
    key,
    partitionKey: partitionKeyOf(key),
    value: state === undefined ? null : encodeMessage(value, state),
    headers: {
      ...headersOf({ ...stamp, source, type: value.name, time, traceparent: undefined }),
      ...markHeaders(mark),
    },
  });
};

/** A record by which the runtime says again what stands: its append time is not one of a beat. */
export const provingNoBeat = (record: OutgoingRecord): OutgoingRecord => ({
  ...record,
  headers: { ...record.headers, [againHeader]: "1" },
});

const markHeaders = ({ leaseMs, toldMs, session, sequence, covers }: LeaseMark = {}): Record<string, string> => {
  const headers: Record<string, string> = {};
  if (leaseMs !== undefined) headers[leaseHeader] = `${leaseMs}/${toldMs ?? leaseMs}`;
  if (session) headers[orderHeader] = `${session}/${sequence ?? 0}`;
  if (covers !== undefined) headers[coversHeader] = String(covers);
  return headers;
};

const markOf = (headers: Readonly<Record<string, string>>): LeaseMark => {
  const [leaseMs, toldMs] = headers[leaseHeader]?.split("/") ?? [];
  const [session, sequence] = headers[orderHeader]?.split("/") ?? [];
  return {
    leaseMs: wholeNumber(leaseMs),
    toldMs: wholeNumber(toldMs),
    session: wholeNumber(session),
    sequence: wholeNumber(sequence),
    covers: wholeNumber(headers[coversHeader]),
  };
};

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^(-1|\d{1,15})$/.test(text) ? Number(text) : undefined;

const strayOutput = ({ type, logTopic }: RegisterLog, { topic, key }: OutgoingRecord): MeshError =>
  new MeshError(
    "OUTPUT_MISMATCH",
    `a unit that changes a register of type "${type}" publishes to its log "${logTopic}" only, not to "${topic}" with key "${key}"; publish that from a consumer of "${logTopic}"`,
  );
