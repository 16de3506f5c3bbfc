import type { Message } from "./codec.ts";

/**
 * Makes a message that was just decoded fit to be kept, and gives it back: without the table of unknown fields that the
 * generated reader gives each message in it, where that is empty. It is a third of what a small message takes.
 */
export const compact = <T extends Message>(message: T): T => {
  const fields = message as Record<string, unknown>;
  for (const field in fields) {
    const value = fields[field];
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) continue;
    if (field !== "_unknownFields") compact(value);
    else if (isEmpty(value)) fields[field] = undefined;
  }
  return message;
};

const isEmpty = (table: object): boolean => {
  for (const _ in table) return false;
  return true;
};
