import { readFileSync } from "node:fs";
import { type DescFile, type FileRegistry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import * as v1 from "../../gen/grpc/reflection/v1/reflection.ts";
import * as v1alpha from "../../gen/grpc/reflection/v1alpha/reflection.ts";
import { untyped } from "../component/definition.ts";
import { readDescriptors } from "../contract/descriptors.ts";
import { Status } from "../status.ts";
import type { Endpoint } from "./endpoint.ts";

type Request = v1.ServerReflectionRequest;
type Response = v1.ServerReflectionResponse;
type Answer = NonNullable<Response["message_response"]>;

let ours: FileRegistry | undefined;

/** The project's own set: health and reflection are served by everything, and an application's set has no need of them. */
const builtIn = (): FileRegistry => {
  ours ??= readDescriptors(readFileSync(new URL("../../gen/descriptors.binpb", import.meta.url)));
  return ours;
};

/**
 * The reflection service, in both of its versions, over a descriptor set. It serves the very bytes of the set
 * and lists the given services; types of the whole set can be looked up.
 */
export const reflectionEndpoints = (registry: FileRegistry, services: readonly string[]): Endpoint[] => {
  const answer = createResponder(registry, services);
  const handle = async function* (requests: AsyncIterable<object>) {
    for await (const request of requests) yield answer(untyped<Request>(request));
  };
  return [["grpc.reflection.v1", v1] as const, ["grpc.reflection.v1alpha", v1alpha] as const].map(
    ([name, messages]) => ({
      shape: "bidi_streaming",
      path: `/${name}.ServerReflection/ServerReflectionInfo`,
      request: messages.ServerReflectionRequest,
      response: messages.ServerReflectionResponse,
      handle,
    }),
  );
};

const createResponder = (registry: FileRegistry, services: readonly string[]): ((request: Request) => Response) => {
  const files = (file: DescFile | undefined, what: string): Answer =>
    file === undefined ? notFound(what) : { $case: "file_descriptor_response", value: withImports(file) };

  const answerTo = (request: Request["message_request"]): Answer => {
    switch (request?.$case) {
      case "list_services":
        return {
          $case: "list_services_response",
          value: { service: services.map((name) => ({ name })) },
        };
      case "file_by_filename":
        return files(fileNamed(registry, request.value), `file "${request.value}"`);
      case "file_containing_symbol":
        return files(fileOf(registry, request.value), `symbol "${request.value}"`);
      case "file_containing_extension": {
        const { containing_type, extension_number } = request.value;
        const found = extensionsOf(registry, containing_type).find(
          (extension) => extension.number === extension_number,
        );
        return files(found?.file, `extension ${extension_number} of "${containing_type}"`);
      }
      case "all_extension_numbers_of_type": {
        const base_type_name = request.value;
        const extension_number = extensionsOf(registry, base_type_name).map((extension) => extension.number);
        if (registry.getMessage(base_type_name) === undefined) return notFound(`type "${base_type_name}"`);
        return {
          $case: "all_extension_numbers_response",
          value: { base_type_name, extension_number },
        };
      }
      case undefined:
        return failure(Status.INVALID_ARGUMENT, "the request asks for nothing");
    }
  };

  return (original_request) => ({
    valid_host: original_request.host,
    original_request,
    message_response: answerTo(original_request.message_request),
  });
};

const extensionsOf = (registry: FileRegistry, typeName: string) =>
  [...registry].flatMap((desc) => (desc.kind === "extension" && desc.extendee.typeName === typeName ? [desc] : []));

const fileNamed = (registry: FileRegistry, name: string): DescFile | undefined =>
  registry.getFile(name) ?? (name.startsWith("grpc/") ? builtIn().getFile(name) : undefined);

const fileIn = (registry: FileRegistry, symbol: string): DescFile | undefined =>
  registry.get(symbol)?.file ?? registry.get(symbol.slice(0, symbol.lastIndexOf(".")))?.file;

/** The file of a type, service or extension, or of the method or field that the symbol's last part names. */
const fileOf = (registry: FileRegistry, symbol: string): DescFile | undefined =>
  fileIn(registry, symbol) ?? (symbol.startsWith("grpc.") ? fileIn(builtIn(), symbol) : undefined);

/** Imports first, each file once. */
const withImports = (file: DescFile): { file_descriptor_proto: Uint8Array[] } => {
  const seen = new Set<DescFile>();
  const visit = (next: DescFile): void => {
    if (seen.has(next)) return;
    next.dependencies.forEach(visit);
    seen.add(next);
  };
  visit(file);
  return { file_descriptor_proto: [...seen].reverse().map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) };
};

const notFound = (what: string): Answer => failure(Status.NOT_FOUND, `there is no ${what} here`);

const failure = (error_code: number, error_message: string): Answer => ({
  $case: "error_response",
  value: { error_code, error_message },
});
