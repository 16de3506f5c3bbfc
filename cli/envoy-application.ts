import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorSetSchema, MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
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
      .filter(({ methods }) => methods.some(({ isExposed }) => isExposed))
      .map(({ fullName }) => fullName),
    unruled: exposed.filter(({ http }) => http.length === 0).map(({ path }) => path),
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
 * would lose its body. `others` has them, if the application does not import them itself. A method of `unruled` gets the
 * rule that the original gives one without: POST to its gRPC path, with the request as the body.
 */
export const envoyDescriptors = (own: Uint8Array, others: Uint8Array, unruled: readonly string[] = []): Uint8Array => {
  const { file: files } = fromBinary(FileDescriptorSetSchema, own);
  const paths = new Set(unruled);
  for (const { package: scope, service: services } of files) {
    for (const { name, method: methods } of services) {
      for (const method of methods) {
        const path = `/${scope === "" ? "" : `${scope}.`}${name}/${method.name}`;
        if (!paths.has(path)) continue;
        method.options ??= create(MethodOptionsSchema);
        method.options.$unknown = [...(method.options.$unknown ?? []), postTo(path)];
      }
    }
  }
  const known = new Set(files.map(({ name }) => name));
  const needed = fromBinary(FileDescriptorSetSchema, others).file.filter(
    ({ name }) => !known.has(name) && (name.startsWith("google/rpc/") || wellKnown.has(name)),
  );
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files, ...needed] }));
};

/** `(google.api.http) = {post: path body: "*"}`, by the numbers of google/api/annotations.proto and http.proto. */
const postTo = (path: string) => {
  const [post, body] = [4, 7];
  const rule = new BinaryWriter();
  rule.tag(post, WireType.LengthDelimited).string(path).tag(body, WireType.LengthDelimited).string("*");
  return { no: 72295728, wireType: WireType.LengthDelimited, data: new BinaryWriter().bytes(rule.finish()).finish() };
};

/** What google/rpc/ imports. */
const wellKnown: ReadonlySet<string> = new Set(["google/protobuf/any.proto", "google/protobuf/duration.proto"]);
