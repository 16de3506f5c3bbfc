import { fieldOf, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";

const maxCharacters = 256;

/** The key of a message: the text that names its entity everywhere, and what its partition is chosen by. */
export type EntityKey = {
  /** Event subject, record key and document id. */
  readonly text: string;
  /** The first key field alone, so that all keys that share it share a partition. */
  readonly partitionKey: string;
};

/**
 * The key fields of a message, joined by "/". A "/" or "%" inside a field is percent-escaped, so different
 * fields never make one key. Throws INVALID_KEY naming the field that cannot be part of a key.
 */
export const keyOf = (message: Message, keyFields: readonly string[]): EntityKey => {
  let text = "";
  let partitionKey = "";
  for (let i = 0; i < keyFields.length; i++) {
    const field = keyFields[i] as string;
    const value = fieldOf(message, field);
    const part = keyPart(typeof value === "string" ? value : String(value ?? ""), field);
    if (i === 0) partitionKey = text = part;
    else text += `/${part}`;
  }
  return { text, partitionKey };
};

/** The key fields, in order, that are joined in a key such as `context.key` or the header `ce_subject`. */
export const keyParts = (key: string): string[] =>
  key.split("/").map((part) => part.replace(/%2F/g, "/").replace(/%25/g, "%"));

/** What the partition of a key is chosen by: its first field, escaped as in the key. */
export const partitionKeyOf = (key: string): string => key.split("/", 1)[0] ?? key;

const special = /[%/\0]/;

/** Most fields are short and have nothing to escape: one look tells. */
const keyPart = (value: string, field: string): string => {
  if (value.length > 2 && value.length <= maxCharacters && !special.test(value)) return value;
  const problem = problemOf(value);
  if (problem === undefined) return value.replace(/%/g, "%25").replace(/\//g, "%2F");
  throw new MeshError("INVALID_KEY", `${field} ${problem}`, { fields: [{ field, description: problem }] });
};

/** "." and ".." never arrive through a REST path: a proxy takes them for steps in it. */
const problemOf = (value: string): string | undefined => {
  if (value === "") return "is empty; it is part of the key and needs 1 to 256 characters";
  if (value === "." || value === "..") return `is "${value}", which a REST path cannot carry; use another id`;
  if (value.length > maxCharacters && [...value].length > maxCharacters) {
    return `has ${[...value].length} characters; a key field has at most ${maxCharacters}`;
  }
  if (value.includes("\0")) return "holds a NUL character, which no key may hold";
  return undefined;
};
