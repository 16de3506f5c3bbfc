import { createRegistry } from "@bufbuild/protobuf";
import { mistake } from "./codes.ts";
import { declare } from "./declare.ts";
import { readDescriptors } from "./descriptors.ts";
import type { Mistake } from "./mistake.ts";
import type { Model } from "./model.ts";
import { modelOf } from "./model-of.ts";
import { byPlace } from "./report.ts";
import { rules } from "./rules/rules.ts";
import { topicVariables } from "./rules/topic-variables.ts";
import type { Environment } from "./topic-names.ts";

/** Stands for a file's name in a mistake about the descriptor set itself. */
export const DESCRIPTOR_SET = "descriptor set";

/** What a descriptor set declares, and all its mistakes at once, in the order of their places. */
export type Compiled = { readonly model: Model; readonly mistakes: readonly Mistake[] };

export type CompileOptions = {
  /** What variables in the names of topics stand for. Without it they are left as they are. */
  readonly environment?: Environment;
  /** The services whose variables have to be set; without it all of them. */
  readonly serves?: readonly string[];
};

/**
 * Compiles the annotated protos of a FileDescriptorSet. Never throws for what is written in them. The
 * model may be run only when there are no mistakes; with some, it serves to find further ones.
 */
export const compileContract = (descriptorSet: Uint8Array, options: CompileOptions = {}): Compiled => {
  let registry: ReturnType<typeof readDescriptors>;
  try {
    registry = readDescriptors(descriptorSet);
  } catch (error) {
    return { model: emptyModel(), mistakes: [unreadable(error)] };
  }
  const { environment, serves } = options;
  const contract = declare(registry, environment);
  const unset = environment === undefined ? [] : topicVariables(contract, serves);
  return { model: modelOf(contract), mistakes: [...rules.flatMap((rule) => rule(contract)), ...unset].sort(byPlace) };
};

const emptyModel = (): Model => ({
  services: new Map(),
  entities: new Map(),
  registry: createRegistry(),
  keyFieldsOf: () => [],
});

const unreadable = (error: unknown): Mistake =>
  mistake(
    "DESCRIPTORS_UNREADABLE",
    { file: DESCRIPTOR_SET, line: 1, column: 1 },
    `the bytes cannot be read as a descriptor set: ${error instanceof Error ? error.message : String(error)}.`,
    "Build the set with its imports, for example with buf build --as-file-descriptor-set.",
  );
