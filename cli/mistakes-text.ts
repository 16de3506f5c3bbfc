import type { Mistake } from "../runtime/contract/mistake.ts";
import { printMistake } from "../runtime/contract/report.ts";
import type { Descriptors } from "./descriptors.ts";

/** Mistakes, under the names by which the user would open the files, and how many there are. */
export const mistakesText = (
  mistakes: readonly Mistake[],
  { fileName, readSource }: Pick<Descriptors, "fileName" | "readSource">,
): string => {
  const texts = mistakes.map((mistake) => {
    const shown = { ...mistake, location: { ...mistake.location, file: fileName(mistake.location.file) } };
    return `${printMistake(shown, () => readSource(mistake.location.file))}\n`;
  });
  return `${texts.join("")}${mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`}\n`;
};
