// `rollcall/grpc`: what generated code and callers import, in the one copy that the runtime uses.
export { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
export { type Channel, ClientError, createChannel, createClient } from "nice-grpc";
export type { CallContext, CallOptions } from "nice-grpc-common";
