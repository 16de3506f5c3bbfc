import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { EnvoyApplication } from "../engines/envoy/application.ts";
import type { Application } from "../runtime/component/application.ts";
import type { MethodModel, Model } from "../runtime/contract/model.ts";

/** What Envoy has to know of an application that serves on a port. */
export const envoyApplication = ({ components }: Application, model: Model, port: number): EnvoyApplication => {
  const services = components.flatMap(({ definition }) => model.services.get(definition.fullName) ?? []);
  const exposed = services.flatMap(({ methods }) => methods.filter(({ isExposed }) => isExposed));
  return {
    port,
    services: services
      .filter(({ methods }) => methods.some(({ http }) => http.length > 0))
      .map(({ fullName }) => fullName),
    streamed: exposed
      .filter(({ shape }) => shape !== "unary")
      .map((method) => ({ path: method.path, silenceSeconds: silenceOf(method) })),
  };
};

/** As for the three services: a result that is read, a live query, a stream of somebody's commands. */
const silenceOf = ({ query }: MethodModel): number => {
  if (query === undefined) return 900;
  return query.streamUpdates ? 3600 : 30;
};

/**
 * The descriptor set for the transcoder: the application's, with the messages of error details, without which an error
 * would lose its body. `others` has them, if the application does not import them itself.
 */
export const envoyDescriptors = (own: Uint8Array, others: Uint8Array): Uint8Array => {
  const { file: files } = fromBinary(FileDescriptorSetSchema, own);
  const known = new Set(files.map(({ name }) => name));
  const needed = fromBinary(FileDescriptorSetSchema, others).file.filter(
    ({ name }) => !known.has(name) && (name.startsWith("google/rpc/") || wellKnown.has(name)),
  );
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files, ...needed] }));
};

/** What google/rpc/ imports. */
const wellKnown: ReadonlySet<string> = new Set(["google/protobuf/any.proto", "google/protobuf/duration.proto"]);
