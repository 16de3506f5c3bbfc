import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { projectRoot } from "../../engines/project-root.ts";
import type { MessageFns } from "../../runtime/codec.ts";
import type { MessageType } from "../../runtime/ports.ts";
import { compileGenerated, loadGenerated } from "./generate-protos.ts";

const run = promisify(execFile);
const root = projectRoot();

/** A message with every kind of field there is. */
const proto = `syntax = "proto3";
package test.mongodb;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; COLOR_BLUE = -2; }

message Leaf { string text = 1; int32 _bsontype = 2; string toBSON = 3; }

// Only what a row reader takes by itself.
message Usual {
  string a_string = 1; bool a_bool = 2; int32 an_int32 = 3; uint32 a_uint32 = 4; int64 an_int64 = 5; double a_double = 6;
  float a_float = 7; bytes a_bytes = 8; Color color = 9; optional string maybe = 10; optional int64 maybe_int64 = 11;
  google.protobuf.Timestamp at = 12; Usual inner = 13; repeated string names = 14; repeated int64 numbers = 15;
  repeated Usual many = 16; map<string, string> texts = 17; map<int32, Leaf> leaves = 18;
  oneof choice { string c_string = 19; Leaf c_leaf = 20; int64 c_int64 = 21; }
  repeated google.protobuf.Timestamp times = 22; string last = 23;
}

message Every {
  double a_double = 1; float a_float = 2; int32 an_int32 = 3; int64 an_int64 = 4; uint32 a_uint32 = 5;
  uint64 a_uint64 = 6; sint32 a_sint32 = 7; sint64 a_sint64 = 8; fixed32 a_fixed32 = 9; fixed64 a_fixed64 = 10;
  sfixed32 an_sfixed32 = 11; sfixed64 an_sfixed64 = 12; bool a_bool = 13; string a_string = 14; bytes a_bytes = 15;
  Color color = 16; Leaf leaf = 17; Every inner = 18;
  optional string maybe_string = 20; optional int64 maybe_int64 = 21; optional bool maybe_bool = 22;
  optional Color maybe_color = 23; optional bytes maybe_bytes = 24; optional double maybe_double = 25;
  google.protobuf.StringValue w_string = 30; google.protobuf.Int64Value w_int64 = 31;
  google.protobuf.UInt64Value w_uint64 = 32; google.protobuf.BoolValue w_bool = 33;
  google.protobuf.BytesValue w_bytes = 34; google.protobuf.DoubleValue w_double = 35;
  google.protobuf.FloatValue w_float = 36; google.protobuf.Int32Value w_int32 = 37;
  google.protobuf.UInt32Value w_uint32 = 38;
  google.protobuf.Timestamp at = 40; google.protobuf.Duration took = 41; google.protobuf.Any any = 42;
  google.protobuf.Empty nothing = 43; google.protobuf.Struct json = 44; google.protobuf.Value any_json = 45;
  google.protobuf.ListValue json_list = 46; google.protobuf.FieldMask mask = 47;
  oneof choice {
    string c_string = 50; uint64 c_uint64 = 51; Leaf c_leaf = 52; google.protobuf.Timestamp c_at = 53;
    bytes c_bytes = 54; Color c_color = 55; google.protobuf.StringValue c_wrapped = 56;
  }
  repeated double many_doubles = 60; repeated int64 many_int64 = 61; repeated string many_strings = 62;
  repeated bytes many_bytes = 63; repeated Color many_colors = 64; repeated Every many = 65;
  repeated google.protobuf.Timestamp many_at = 66; repeated google.protobuf.StringValue many_wrapped = 67;
  map<string, string> m_string = 70; map<string, Leaf> m_leaf = 71; map<int32, double> m_int32 = 72;
  map<int64, string> m_int64 = 73; map<bool, bytes> m_bool = 74; map<string, google.protobuf.Timestamp> m_at = 75;
  map<uint64, Color> m_uint64 = 76; map<string, google.protobuf.Int64Value> m_wrapped = 77; map<string, uint64> m_big = 78;
}
`;

/** The types `Every` and `Usual`, generated with the project's own options once for each state of them. */
export const loadMongoTypes = async (): Promise<{ readonly every: MessageType; readonly usual: MessageType }> => {
  const folder = await generate();
  const set = fromBinary(FileDescriptorSetSchema, await readFile(`${folder}/descriptors.binpb`));
  const registry = createFileRegistry(set);
  const module = await loadGenerated(`${folder}/every.ts`);
  const typeOf = (name: string): MessageType => {
    const schema = registry.getMessage(`test.mongodb.${name}`);
    if (schema === undefined) throw new Error(`the descriptors have no test.mongodb.${name}`);
    return { ...(module[name] as MessageFns), name: schema.typeName, schema };
  };
  return { every: typeOf("Every"), usual: typeOf("Usual") };
};

const generate = async (): Promise<string> => {
  const template = await readFile(join(root, "buf.gen.yaml"), "utf8");
  const hash = createHash("sha256")
    .update(JSON.stringify([proto, template, "compiled"]))
    .digest("hex");
  const folder = join(root, ".tmp", `mongodb-protos-${hash.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}-${process.pid}`;
  await mkdir(`${work}/in`, { recursive: true });
  await writeFile(`${work}/in/every.proto`, proto);
  await writeFile(`${work}/buf.yaml`, JSON.stringify({ version: "v2", modules: [{ path: "in" }] }));
  const opt = [...template.matchAll(/^ {6}- (\S+)$/gm)].map((match) => match[1] ?? "");
  const plugins = [
    { local: join(root, "node_modules", ".bin", "protoc-gen-ts_proto"), out: ".", include_imports: true, opt },
  ];
  await writeFile(`${work}/buf.gen.yaml`, JSON.stringify({ version: "v2", plugins }));
  const buf = join(root, "node_modules", ".bin", "buf");
  await run(buf, ["generate", "--include-imports", "--include-wkt"], { cwd: work });
  await run(buf, ["build", "--as-file-descriptor-set", "-o", "descriptors.binpb"], { cwd: work });
  await compileGenerated(work);
  await rename(work, folder).catch((error: unknown) => {
    if (!existsSync(folder)) throw error;
  });
  return folder;
};
