import { withOwnFields } from "./generated-fields.ts";
import { withWholeMaps } from "./generated-maps.ts";
import { rewriteCode } from "./rewrite-code.ts";

/** Mends what ts-proto has generated in a folder. */
export const mendCode = (folder: string): Promise<void> =>
  rewriteCode(folder, (code) => withOwnFields(withWholeMaps(code)));
