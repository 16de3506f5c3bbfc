import { readAhead } from "../read-ahead.ts";

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
  const reading = readAhead(
    commands,
    (command) => answers.push(answerTo(command)),
    () => answers.length >= atOnce,
  );
  try {
    for (;;) {
      if (answers.length > 0) {
        const answer = await (answers[0] as T | Promise<T>);
        answers.shift();
        reading.taken();
        yield answer;
      } else if (!reading.isAtEnd) await reading.more();
      else break;
    }
    reading.throwFailure();
  } finally {
    reading.stop();
  }
}
