import { MeshError } from "../errors.ts";
import type { EventBus, LogRecord, OutgoingRecord, TopicSpec } from "../ports.ts";
import { statusName } from "../status.ts";

const retentionMs = 30 * 24 * 3_600_000;

/** Where the records of a topic go that cannot be handled. */
export const deadLetterTopic = (topic: string): TopicSpec => ({
  name: `${topic}.dead-letter`,
  policy: { deleteAfterMs: retentionMs },
});

/** The record as it was, with headers that tell who gave it up, where it stood and why. */
export const deadLetterOf = (record: LogRecord, group: string, error: unknown): OutgoingRecord => ({
  topic: deadLetterTopic(record.topic).name,
  key: record.key,
  value: record.value,
  headers: {
    ...record.headers,
    rollcall_error_group: group,
    rollcall_error_topic: record.topic,
    rollcall_error_partition: String(record.partition),
    rollcall_error_offset: String(record.offset),
    rollcall_error_code: error instanceof MeshError ? error.code : "HANDLER_FAILED",
    rollcall_error_status: error instanceof MeshError ? statusName(error.status) : "INTERNAL",
    rollcall_error_text: error instanceof Error ? error.message : String(error),
  },
});

export const sendDeadLetter = (bus: EventBus, record: LogRecord, group: string, error: unknown): Promise<void> =>
  bus.publish([deadLetterOf(record, group, error)]);
