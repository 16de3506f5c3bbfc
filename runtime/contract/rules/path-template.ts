// Grammar: google/api/http.proto, "Path template syntax".
const variable = /\{([^{}=]*)(?:=([^{}]*))?\}/g;

/** True when a path begins with a slash, its braces close, and each variable has a name. */
export const isTemplate = (path: string): boolean =>
  path.startsWith("/") && !/[{}\s]/.test(path.replace(variable, "")) && variablesOf(path).every((name) => name !== "");

/** The field paths of the variables. */
export const variablesOf = (path: string): readonly string[] =>
  [...path.matchAll(variable)].map(([, name = ""]) => name);

/** The path without the names of its variables: two rules of one shape match the same requests. */
export const shapeOf = (path: string): string => path.replace(variable, (_, __, pattern?: string) => pattern ?? "*");
