/** A message without what the reader keeps of fields it does not know, for a comparison. */
export const known = <T>(message: T): T => {
  if (Array.isArray(message)) return message.map(known) as T;
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return message;
  const fields = Object.entries(message).filter(([name]) => name !== "_unknownFields");
  return Object.fromEntries(fields.map(([name, value]) => [name, known(value)])) as T;
};

/** All messages of a stream, as `known` leaves them. */
export const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(known(item));
  return list;
};
