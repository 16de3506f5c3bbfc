const special = /[%.\0]|^\$/;
const escapable = /[%.\0]|^\$/g;

/** Names that the driver or JavaScript would take for something else than a key. */
const isReserved = (key: string): boolean => key in Object.prototype || key === "_bsontype" || key === "toBSON";

/**
 * A name under which any text can stand as a key of a document and as one step of a path: `%` and two hex digits
 * for a character with a meaning of its own, a lone `%` for the empty text.
 */
export const escapeKey = (key: string): string => {
  if (key === "") return "%";
  if (isReserved(key)) return escapeCharacter(key[0] as string) + key.slice(1);
  return special.test(key) ? key.replace(escapable, escapeCharacter) : key;
};

/** The text that `escapeKey` was given. */
export const unescapeKey = (key: string): string => {
  if (!key.includes("%")) return key;
  return key === "%"
    ? ""
    : key.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
};

const escapeCharacter = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

/** Sets a key of any name, `__proto__` included, as a plain property. */
export const setOwn = (target: object, key: string, value: unknown): void => {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
};
