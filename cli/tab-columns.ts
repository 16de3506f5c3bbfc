import type { Location } from "../runtime/contract/model.ts";

// buf's source information counts a tab as going on to the next multiple of four columns; its own
// errors, and editors, count it as one character.
const TAB = 4;

/** A place of buf's source information with its column counted in characters, as editors do. */
export const withoutTabs = (location: Location, source: string | undefined): Location => {
  const line = source?.split(/\r?\n/)[location.line - 1];
  if (line === undefined) return location;
  let column = 1;
  let characters = 0;
  while (column < location.column && characters < line.length) {
    column += line[characters] === "\t" ? TAB - ((column - 1) % TAB) : 1;
    characters += 1;
  }
  return { ...location, column: characters + 1 };
};
