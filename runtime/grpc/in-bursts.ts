import { readAhead } from "../read-ahead.ts";

/**
 * Gives what comes within a turn of the event loop together. It reads ahead of its reader by so many elements and no
 * more; an error of the source comes behind what came before it.
 */
export async function* inBursts<T>(source: AsyncIterable<T>, most: number): AsyncGenerator<readonly T[]> {
  let ready: T[] = [];
  const reading = readAhead(
    source,
    (each) => ready.push(each),
    () => ready.length >= most,
  );
  try {
    while (ready.length > 0 || !reading.isAtEnd) {
      if (ready.length === 0) await reading.more();
      if (ready.length > 0 && ready.length < most && !reading.isAtEnd) await turn();
      const burst = ready;
      ready = [];
      reading.taken();
      if (burst.length > 0) yield burst;
    }
    reading.throwFailure();
  } finally {
    reading.stop();
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
