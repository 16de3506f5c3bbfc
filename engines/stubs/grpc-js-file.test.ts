import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "chai";
import { buildProtos } from "../../cli/build-protos.ts";
import { grpcJsFile } from "./grpc-js-file.ts";

const proto = `
syntax = "proto3";
package a.b;
import "c/other-file.v1.proto";
import "google/protobuf/empty.proto";
message Outer {
  message Inner {}
}
service Calls {
  rpc Unary(Outer.Inner) returns (google.protobuf.Empty);
  rpc ClientStreams(stream Outer) returns (c.Other);
  rpc ServerStreams(Outer) returns (stream Outer);
  rpc BothStream(stream Outer) returns (stream Outer);
}
`;

const generate = async (): Promise<ReadonlyMap<string, string>> => {
  const other = 'syntax = "proto3";\npackage c;\nmessage Other {}\n';
  const built = await buildProtos(
    new Map([
      ["a/b/calls.proto", proto],
      ["c/other-file.v1.proto", other],
    ]),
  );
  if ("mistakes" in built) throw new Error(JSON.stringify(built.mistakes));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, built.bytes));
  return new Map([...registry.files].map((file) => [file.name, grpcJsFile(file)]));
};

describe("grpcJsFile", () => {
  it("requires messages from where protoc puts them", async () => {
    const text = (await generate()).get("a/b/calls") ?? "";
    expect(text).to.contain('const a_b_calls_pb = require("../../a/b/calls_pb.js");');
    expect(text).to.contain('const c_other_file_v1_pb = require("../../c/other-file.v1_pb.js");');
    expect(text).to.contain('require("google-protobuf/google/protobuf/empty_pb.js");');
    expect(text).to.contain("requestType: a_b_calls_pb.Outer.Inner,");
    expect(text).to.contain("responseType: c_other_file_v1_pb.Other,");
  });

  it("tells the shape of each call", async () => {
    const text = (await generate()).get("a/b/calls") ?? "";
    const shapes = [
      ...text.matchAll(/ {2}(\w+): \{\n {4}path: "(.+)",\n {4}requestStream: (\w+),\n {4}responseStream: (\w+),/g),
    ];
    expect(shapes.map(([, ...shape]) => shape)).to.deep.equal([
      ["unary", "/a.b.Calls/Unary", "false", "false"],
      ["clientStreams", "/a.b.Calls/ClientStreams", "true", "false"],
      ["serverStreams", "/a.b.Calls/ServerStreams", "false", "true"],
      ["bothStream", "/a.b.Calls/BothStream", "true", "true"],
    ]);
  });

  it("says so in a file without services", async () => {
    expect((await generate()).get("c/other-file.v1")).to.equal(
      "// Generated. c/other-file.v1.proto declares no service.\n",
    );
  });
});
