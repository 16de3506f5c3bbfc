// ts-proto leaves an empty key or value out of an entry, as proto3 allows. Envoy's transcoder dies of such an entry.
const skipsEmpty = /if \(message\.(key|value)(?:\.length)? !== (?!undefined)[^)]+\) \{/g;
const entryEncoder = /^export const \w+Entry: MessageFns<\s*\w+Entry\s*> = \{\n {2}encode\([\s\S]*?\n {2}\},/gm;
// In a plain object the name "__proto__" is no key, but what it inherits from.
const decoded = /(message\.\w+)\[(entry\d+)\.key\] = \2\.value;/g;
const copied = /acc\[key\] = (.*);$/gm;

const setEntry = `
function setEntry(map: any, key: any, value: any): void {
  if (key === "__proto__") {
    globalThis.Object.defineProperty(map, key, { value, configurable: true, enumerable: true, writable: true });
  } else {
    map[key] = value;
  }
}
`;

/** Generated code in which entries of maps are whole, and any text is a key. */
export const withWholeMaps = (code: string): string => {
  const whole = code.replace(entryEncoder, (encoder) => encoder.replace(skipsEmpty, "if (message.$1 !== undefined) {"));
  const set = whole.replace(decoded, "setEntry($1, $2.key, $2.value);").replace(copied, "setEntry(acc, key, $1);");
  return set === whole ? whole : set + setEntry;
};
