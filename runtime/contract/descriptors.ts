import { createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** The types of a FileDescriptorSet. Throws when the bytes are no such set, or an imported file is not in it. */
export const readDescriptors = (descriptorSet: Uint8Array): FileRegistry =>
  createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
