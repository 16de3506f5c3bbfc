import type { DescFile, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";

/** The text of a `*_grpc_pb.js`: services for `@grpc/grpc-js` over the messages of `*_pb.js`, as ts-protoc-gen types them. */
export const grpcJsFile = (file: DescFile): string => {
  if (file.services.length === 0) return `// Generated. ${file.name}.proto declares no service.\n`;
  const messages = [
    ...new Set(file.services.flatMap(({ methods }) => methods.flatMap((each) => [each.input, each.output]))),
  ];
  const modules = [...new Map(messages.map(({ file: its }) => [moduleName(its), its]))].sort();
  return [
    "// Generated. Do not edit.",
    `// From ${file.name}.proto.`,
    '"use strict";',
    'const grpc = require("@grpc/grpc-js");',
    ...modules.map(([name, its]) => `const ${name} = require("${modulePath(file, its)}");`),
    "",
    ...messages.map(codec),
    ...file.services.map(service),
  ].join("\n");
};

const moduleName = ({ name }: DescFile): string =>
  `${name.replaceAll("/", "_").replaceAll("-", "_").replaceAll(".", "_")}_pb`;

/** What protobuf itself defines comes with its package. */
const modulePath = (from: DescFile, { name }: DescFile): string =>
  name.startsWith("google/protobuf/")
    ? `google-protobuf/${name}_pb.js`
    : `${"../".repeat(from.name.split("/").length - 1) || "./"}${name}_pb.js`;

/** A nested message is a member of the one around it. */
const className = ({ typeName, file }: DescMessage): string => {
  const inPackage = file.proto.package === "" ? typeName : typeName.slice(file.proto.package.length + 1);
  return `${moduleName(file)}.${inPackage}`;
};

const codecName = ({ typeName }: DescMessage): string => typeName.replaceAll(".", "_");

const codec = (message: DescMessage): string => `\
const serialize_${codecName(message)} = (message) => {
  if (message instanceof ${className(message)}) return Buffer.from(message.serializeBinary());
  throw new TypeError("a ${message.typeName} was expected");
};
const deserialize_${codecName(message)} = (bytes) => ${className(message)}.deserializeBinary(new Uint8Array(bytes));
`;

const service = (desc: DescService): string => `\
exports.${desc.name}Service = {
${desc.methods.map(method).join("")}};
exports.${desc.name}Client = grpc.makeGenericClientConstructor(exports.${desc.name}Service, "${desc.typeName}");
`;

const method = ({ parent, name, methodKind, input, output }: DescMethod): string => `\
  ${name.slice(0, 1).toLowerCase()}${name.slice(1)}: {
    path: "/${parent.typeName}/${name}",
    requestStream: ${methodKind === "client_streaming" || methodKind === "bidi_streaming"},
    responseStream: ${methodKind === "server_streaming" || methodKind === "bidi_streaming"},
    requestType: ${className(input)},
    responseType: ${className(output)},
    requestSerialize: serialize_${codecName(input)},
    requestDeserialize: deserialize_${codecName(input)},
    responseSerialize: serialize_${codecName(output)},
    responseDeserialize: deserialize_${codecName(output)},
  },
`;
