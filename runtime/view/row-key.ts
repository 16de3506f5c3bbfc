import { fieldOf, type Message } from "../codec.ts";
import { keyOf } from "../entity/key.ts";
import { MeshError } from "../errors.ts";
import { supportedText } from "./value.ts";

/** What a consumed message brings that can name its row. */
export type KeySource = {
  /** The record's `ce_subject` or `ce-subject`. */
  readonly subject: string | undefined;
  /** `undefined` for a tombstone. */
  readonly message: Message | undefined;
  readonly recordKey: string | undefined;
};

/**
 * The key of the row that a message belongs to: its subject, else its key fields, joined as an entity's are,
 * else the record's key. Throws a terminal INVALID_RECORD when it has none of them.
 */
export const rowKeyOf = ({ subject, message, recordKey }: KeySource, keyFields: readonly string[]): string => {
  if (isGiven(subject)) return supportedText(subject, "the subject");
  const hasKey = message !== undefined && keyFields.some((field) => isGiven(String(fieldOf(message, field) ?? "")));
  if (hasKey) return keyOf(message, keyFields).text;
  if (isGiven(recordKey)) return supportedText(recordKey, "the record's key");
  throw new MeshError(
    "INVALID_RECORD",
    "the record has no ce_subject, no key fields and no record key, so it names no row; publish it with one of them",
  );
};

const isGiven = (text: string | undefined): text is string => text !== undefined && text !== "";
