import { createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Those of the bytes that are still in use: a start asks for them several times, and reading is most of a compilation. */
const read = new WeakMap<Uint8Array, FileRegistry>();

/** The types of a FileDescriptorSet. Throws when the bytes are no such set, or an imported file is not in it. */
export const readDescriptors = (descriptorSet: Uint8Array): FileRegistry => {
  const known = read.get(descriptorSet);
  if (known !== undefined) return known;
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  read.set(descriptorSet, registry);
  return registry;
};
