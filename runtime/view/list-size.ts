import { encodeMessage, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import type { Page } from "./store.ts";

/** Gathers the rows of a list and refuses it as soon as it is larger than a message may be. */
export type BoundedList = { readonly rows: Message[]; add(page: Page): void };

export type ListBounds = {
  readonly row: MessageType;
  /** Number of the repeated field, which is written before each row. */
  readonly fieldNumber: number;
  readonly maxBytes: number;
};

/**
 * Encoding every row only to weigh it would cost more than reading it, so the store's bound is taken until
 * that passes the limit; only then rows are measured, each once.
 */
export const createBoundedList = ({ row, fieldNumber, maxBytes }: ListBounds): BoundedList => {
  const tagBytes = varintBytes(fieldNumber * 8);
  const longestFrame = tagBytes + varintBytes(maxBytes);
  const rows: Message[] = [];
  let measured = 0;
  let measuredBytes = 0;
  let boundOfRest = 0;

  const measure = (): void => {
    for (; measured < rows.length; measured++) {
      const size = encodeMessage(row, rows[measured] as Message).length;
      measuredBytes += tagBytes + varintBytes(size) + size;
    }
    boundOfRest = 0;
  };

  return {
    rows,
    add(page) {
      for (const each of page.rows) rows.push(each);
      boundOfRest += page.sizeAtMost + page.rows.length * longestFrame;
      if (measuredBytes + boundOfRest > maxBytes) measure();
      if (measuredBytes > maxBytes) throw tooLarge(maxBytes);
    },
  };
};

const varintBytes = (value: number): number => Math.max(1, Math.ceil(Math.log2(value + 1) / 7));

const tooLarge = (maxBytes: number): MeshError =>
  new MeshError(
    "RESULT_TOO_LARGE",
    `the result is larger than ${maxBytes} bytes; narrow it with WHERE, page through it with LIMIT and OFFSET, or let the method return a stream`,
  );
