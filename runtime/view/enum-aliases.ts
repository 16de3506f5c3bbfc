import type { DescMessage } from "@bufbuild/protobuf";
import { decodeMessage, encodeMessage, type Message } from "../codec.ts";
import type { MessageType } from "../ports.ts";

/**
 * A row of a handler with the enum names that it has when it is read again. Where several names share a number a
 * handler may write any of them, and queries look for the first.
 */
export const withFirstNames = (type: MessageType, row: Message): Message =>
  hasAliases(type.schema) ? decodeMessage(type, encodeMessage(type, row)) : row;

const known = new WeakMap<DescMessage, boolean>();

/** Is there an enum with several names for one number, anywhere inside the message? */
const hasAliases = (root: DescMessage): boolean => {
  const present = known.get(root);
  if (present !== undefined) return present;
  const seen = new Set<string>();
  const visit = (desc: DescMessage): boolean => {
    if (seen.has(desc.typeName)) return false;
    seen.add(desc.typeName);
    return desc.fields.some((field) => {
      if (field.message !== undefined) return visit(field.message);
      const numbers = field.enum?.values.map(({ number }) => number) ?? [];
      return new Set(numbers).size < numbers.length;
    });
  };
  const has = visit(root);
  known.set(root, has);
  return has;
};
