import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { projectRoot } from "../engines/project-root.ts";
import { DESCRIPTOR_SET } from "../runtime/contract/compile.ts";
import type { Mistake } from "../runtime/contract/mistake.ts";
import type { Location } from "../runtime/contract/model.ts";
import { BadCall } from "./bad-call.ts";
import { buildProtos } from "./build-protos.ts";
import { readProtoFolder } from "./proto-folder.ts";
import { withoutTabs } from "./tab-columns.ts";

/** Descriptors and the way back from them to the user's files. */
export type Descriptors = (
  | {
      readonly kind: "compiled";
      readonly bytes: Uint8Array;
      /** A place in the user's file for a place that the descriptors name. */
      readonly locate: (location: Location) => Location;
    }
  | { readonly kind: "mistaken"; readonly mistakes: readonly Mistake[] }
) & {
  /** The name by which the user would open a file of the set. */
  readonly fileName: (file: string) => string;
  readonly readSource: (file: string) => string | undefined;
};

const ofFolder = async (folder: string): Promise<Descriptors> => {
  const sources = await readProtoFolder(folder);
  if (sources.size === 0) throw new BadCall(`"${folder}" holds no .proto file.`);
  const readSource = (file: string) => sources.get(file);
  const way = { fileName: (file: string) => (sources.has(file) ? path.join(folder, file) : file), readSource };
  const built = await buildProtos(sources);
  return "mistakes" in built
    ? { ...way, kind: "mistaken", mistakes: built.mistakes }
    : { ...way, kind: "compiled", bytes: built.bytes, locate: (place) => withoutTabs(place, readSource(place.file)) };
};

const ofFile = async (file: string): Promise<Descriptors> => ({
  kind: "compiled",
  bytes: await readFile(file),
  locate: (location) => location,
  fileName: (name) => (name === DESCRIPTOR_SET ? file : name),
  readSource: () => undefined,
});

/** What `rollcall gen` has written in the folder of an application, where there is one, else Rollcall's own. */
const generated = (): string => {
  const here = path.join("gen", "descriptors.binpb");
  return existsSync(here) ? here : path.join(projectRoot(), here);
};

/** The descriptors of a folder of .proto files or of a descriptor set file. Throws `BadCall` for anything else. */
export const loadDescriptors = async (where = generated()): Promise<Descriptors> => {
  const kind = await stat(where).catch(() => undefined);
  if (kind === undefined) throw new BadCall(`there is no folder or file "${where}".`);
  if (kind.isDirectory()) return ofFolder(where);
  if (where.endsWith(".proto")) {
    throw new BadCall(`"${where}" is a single proto file; name the folder that its imports start from.`);
  }
  return ofFile(where);
};
