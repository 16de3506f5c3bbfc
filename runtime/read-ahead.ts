/** A source that is read ahead of whoever takes from it. */
export type ReadAhead = {
  /** Nothing more will come. */
  readonly isAtEnd: boolean;
  /** Resolves when more has come, or the source is at its end. */
  more(): Promise<void>;
  /** There is room again. */
  taken(): void;
  /** Throws what the source has ended with, if it was an error. */
  throwFailure(): void;
  /** Nobody takes any more: reading ends with the next element. */
  stop(): void;
};

/** Reads on, and hands each element to `keep`, until `isFull` says that what is kept must be taken first. */
export const readAhead = <T>(source: AsyncIterable<T>, keep: (each: T) => void, isFull: () => boolean): ReadAhead => {
  const come = createBell();
  const taken = createBell();
  let isOver = false;
  let end: { readonly error?: unknown } | undefined;

  const read = async (): Promise<void> => {
    for await (const each of source) {
      keep(each);
      come.ring();
      while (isFull() && !isOver) await taken.heard();
      if (isOver) return;
    }
  };
  const onEnd = (how: { readonly error?: unknown }): void => {
    end = how;
    come.ring();
  };
  void read().then(
    () => onEnd({}),
    (error: unknown) => onEnd({ error }),
  );

  return {
    get isAtEnd() {
      return end !== undefined;
    },
    more: come.heard,
    taken: taken.ring,
    throwFailure() {
      if (end !== undefined && "error" in end) throw end.error;
    },
    stop() {
      isOver = true;
      taken.ring();
    },
  };
};

/** Wakes the one who waits; rung with nobody there, it is not heard. */
const createBell = (): { ring(): void; heard(): Promise<void> } => {
  let wake: (() => void) | undefined;
  return {
    ring() {
      wake?.();
      wake = undefined;
    },
    heard: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  };
};
