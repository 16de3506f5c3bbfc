/** The object with some of its methods replaced; all else, getters too, is its own. */
export const changed = <T extends object>(real: T, replaced: Partial<T>): T =>
  Object.assign(Object.create(real), replaced);
