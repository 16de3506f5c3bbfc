// Grammar: google/api/http.proto, "Path template syntax".
const variable = /\{([^{}=]*)(?:=([^{}]*))?\}/g;

const word = "[^/{}:?#\\s]+";
const segments = `${word}(?:/${word})*`;
const name = "[^/{}=:.\\s]+";
const template = new RegExp(`^(?:/|(?:/(?:${word}|\\{${name}(?:\\.${name})*(?:=${segments})?\\}))+(?::${word})?)$`);

/** How far `**` reaches is told by the words behind it, so there is nothing else. */
const endsInWords = (path: string): boolean => {
  const parts = shapeOf(path)
    .replace(/:[^/]*$/, "")
    .split("/");
  const widest = parts.indexOf("**");
  return widest === -1 || !parts.slice(widest + 1).some((part) => part === "*" || part === "**");
};

/** True for what Envoy takes as a path: one template that it does not take costs all of them. */
export const isTemplate = (path: string): boolean => template.test(path) && endsInWords(path);

/** The field paths of the variables. */
export const variablesOf = (path: string): readonly string[] =>
  [...path.matchAll(variable)].map(([, name = ""]) => name);

/** The path without the names of its variables: two rules of one shape match the same requests. */
export const shapeOf = (path: string): string => path.replace(variable, (_, __, pattern?: string) => pattern ?? "*");
