import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";

/** Gathers the elements of a list and refuses it as soon as it is larger than a message may be. */
export type BoundedList = {
  readonly elements: Message[];
  /** `sizeAtMost` is no less than what all of them take on the wire, without their tags and lengths. */
  add(elements: readonly Message[], sizeAtMost: number): void;
};

export type ListBounds = {
  /** Bytes of one element on the wire, with its tag and length. */
  readonly sizeOf: (element: Message) => number;
  /** Number of the repeated field, which is written before each element. */
  readonly fieldNumber: number;
  readonly maxBytes: number;
};

/**
 * Encoding every element only to weigh it would cost more than reading it, so the given bound is taken until
 * that passes the limit; only then elements are measured, each once.
 */
export const createBoundedList = ({ sizeOf, fieldNumber, maxBytes }: ListBounds): BoundedList => {
  const longestFrame = varintBytes(fieldNumber * 8) + varintBytes(maxBytes);
  const elements: Message[] = [];
  let measured = 0;
  let measuredBytes = 0;
  let boundOfRest = 0;

  const measure = (): void => {
    for (; measured < elements.length; measured++) {
      measuredBytes += sizeOf(elements[measured] as Message);
    }
    boundOfRest = 0;
  };

  return {
    elements,
    add(added, sizeAtMost) {
      for (const each of added) elements.push(each);
      boundOfRest += sizeAtMost + added.length * longestFrame;
      if (measuredBytes + boundOfRest > maxBytes) measure();
      if (measuredBytes > maxBytes) throw tooLarge(maxBytes);
    },
  };
};

/** Bytes of an element of this size behind its tag and length. */
export const framedSize = (fieldNumber: number, size: number): number =>
  varintBytes(fieldNumber * 8) + varintBytes(size) + size;

const varintBytes = (value: number): number => Math.max(1, Math.ceil(Math.log2(value + 1) / 7));

const tooLarge = (maxBytes: number): MeshError =>
  new MeshError(
    "RESULT_TOO_LARGE",
    `the result is larger than ${maxBytes} bytes; narrow it with WHERE, page through it with LIMIT and OFFSET, or let the method return a stream`,
  );
