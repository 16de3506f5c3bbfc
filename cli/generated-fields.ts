// What every object has; ts-proto takes it for the value of a field of that name which the object lacks.
const inherited = "constructor|toString|toLocaleString|valueOf|hasOwnProperty|isPrototypeOf|propertyIsEnumerable";
const read = new RegExp(`\\bobject\\.(${inherited})\\b(?!\\()`, "g");

const ownField = `
function ownField(object: any, name: string): any {
  return globalThis.Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined;
}
`;

/** Generated code in which a field may have a name that every object has a meaning for, such as `constructor`. */
export const withOwnFields = (code: string): string => {
  const own = code.replace(read, 'ownField(object, "$1")');
  return own === code ? code : own + ownField;
};
