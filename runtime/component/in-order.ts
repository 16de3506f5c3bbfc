import { createBell } from "../bell.ts";

/**
 * Answers each command of a stream, so many at once, and gives the answers in the order of the commands. While nobody
 * takes them it reads no further. `answerTo` must not reject: of a call apart the failure is a value.
 */
export async function* inOrder<C, T>(
  commands: AsyncIterable<C>,
  answerTo: (command: C) => T | Promise<T>,
  atOnce: number,
): AsyncGenerator<T, void, undefined> {
  const answers: (T | Promise<T>)[] = [];
  const come = createBell();
  const taken = createBell();
  let isOver = false;
  let end: { readonly error?: unknown } | undefined;

  const read = async (): Promise<void> => {
    for await (const command of commands) {
      answers.push(answerTo(command));
      come.ring();
      while (answers.length >= atOnce && !isOver) await taken.heard();
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

  try {
    for (;;) {
      if (answers.length > 0) {
        const answer = await (answers[0] as T | Promise<T>);
        answers.shift();
        taken.ring();
        yield answer;
      } else if (end === undefined) await come.heard();
      else break;
    }
    if ("error" in end) throw end.error;
  } finally {
    isOver = true;
    taken.ring();
  }
}
