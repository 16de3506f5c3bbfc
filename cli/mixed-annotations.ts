import { mistake } from "../runtime/contract/codes.ts";
import type { Mistake } from "../runtime/contract/mistake.ts";
import type { Location } from "../runtime/contract/model.ts";

type Import = { readonly annotations: string; readonly location: Location };

const importsOf = (file: string, text: string): readonly Import[] =>
  text.split("\n").flatMap((line, index) => {
    const [, before = "", annotations] =
      /^(\s*import\s+(?:public\s+|weak\s+)?)["']((?:akkaserverless|kalix)\/annotations\.proto)["']/.exec(line) ?? [];
    if (annotations === undefined) return [];
    return [{ annotations, location: { file, line: index + 1, column: before.length + 1 } }];
  });

/**
 * Imports of the successor's annotations where other files import the original's. They are extensions of the same
 * numbers, so a set of files has one or the other; what the compiler says of it is about files that nobody wrote.
 */
export const mixedAnnotations = (sources: ReadonlyMap<string, string>): readonly Mistake[] => {
  const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
  const [first] = imports;
  const others = imports.filter(({ annotations }) => annotations !== first?.annotations);
  return others.map(({ annotations, location }) =>
    mistake(
      "ANNOTATIONS_MIXED",
      location,
      `this file imports ${annotations}, and ${first?.location.file} imports ${first?.annotations}, with the same numbers.`,
      "Let all files of the application import one of the two; they say the same.",
    ),
  );
};
