import { createBell } from "../bell.ts";

/**
 * Gives what comes within a turn of the event loop together. It reads ahead of its reader by so many elements and no
 * more; an error of the source comes behind what came before it.
 */
export async function* inBursts<T>(source: AsyncIterable<T>, most: number): AsyncGenerator<readonly T[]> {
  const come = createBell();
  const taken = createBell();
  let ready: T[] = [];
  let isOver = false;
  let end: { readonly error?: unknown } | undefined;

  const read = async (): Promise<void> => {
    for await (const each of source) {
      if (isOver) return;
      ready.push(each);
      come.ring();
      while (ready.length >= most && !isOver) await taken.heard();
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

  try {
    while (ready.length > 0 || end === undefined) {
      if (ready.length === 0) await come.heard();
      if (ready.length > 0 && ready.length < most && end === undefined) await turn();
      const burst = ready;
      ready = [];
      taken.ring();
      if (burst.length > 0) yield burst;
    }
    if ("error" in end) throw end.error;
  } finally {
    isOver = true;
    taken.ring();
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
