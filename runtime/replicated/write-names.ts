import { randomUUID } from "node:crypto";

/** A name for a record of this process that no other record has. */
export const createWriteNames = (): (() => string) => {
  const author = randomUUID();
  let n = 0;
  return () => `${author}/${n++}`;
};
