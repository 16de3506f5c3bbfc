import { readFileSync, writeSync } from "node:fs";
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { grpcJsFile } from "./grpc-js-file.ts";

// A plugin of protoc: the request comes on standard input, the files go to standard output.

const request = fromBinary(CodeGeneratorRequestSchema, readFileSync(0));
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
const response = create(CodeGeneratorResponseSchema, {
  supportedFeatures: BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
  file: request.fileToGenerate.flatMap((name) => {
    const file = registry.getFile(name);
    return file === undefined ? [] : [{ name: `${file.name}_grpc_pb.js`, content: grpcJsFile(file) }];
  }),
});

const bytes = toBinary(CodeGeneratorResponseSchema, response);
for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
