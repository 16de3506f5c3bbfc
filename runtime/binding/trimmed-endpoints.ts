import { fromBinary, toJson } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { encodeMessage, type Message, type MessageFns } from "../codec.ts";
import { methodsByPath } from "../contract/methods-by-path.ts";
import type { MethodModel, Model } from "../contract/model.ts";
import { trimmedFields, trimmedName } from "../contract/trimmed.ts";
import type { ServedContext } from "../grpc/call-context.ts";
import type { Endpoint } from "../grpc/endpoint.ts";

/**
 * For each HTTP rule with a `response_body`, an endpoint that answers that field of the method's response as a
 * `google.api.HttpBody` of JSON, spelled as Envoy spells whole messages.
 */
export const trimmedEndpoints = (endpoints: readonly Endpoint[], model: Model): readonly Endpoint[] => {
  const methods = methodsByPath(model);
  return endpoints.flatMap((endpoint) => {
    const method = methods.get(endpoint.path);
    if (method === undefined || endpoint.shape !== "unary") return [];
    return trimmedFields(method).map((field): Endpoint => {
      const answer = trimmerOf(method, field.name, endpoint.response, model.registry);
      return {
        ...endpoint,
        path: trimmedName(endpoint.path, field),
        handle: async (command: Message, context: ServedContext) => answer(await endpoint.handle(command, context)),
      };
    });
  });
};

const trimmerOf = ({ output }: MethodModel, field: string, type: MessageFns, registry: Model["registry"]) => {
  const options = { alwaysEmitImplicit: true, useProtoFieldName: true, registry };
  return (message: Message = type.fromPartial({})): Buffer => {
    const bytes = Buffer.isBuffer(message) ? message : encodeMessage(type, message);
    const whole = toJson(output, fromBinary(output, bytes), options) as Readonly<Record<string, unknown>>;
    return httpBodyOf(JSON.stringify(whole[field] ?? null));
  };
};

/** A `google.api.HttpBody`, encoded: `content_type` is its field 1, `data` its field 2. */
const httpBodyOf = (json: string): Buffer => {
  const writer = new BinaryWriter();
  writer.uint32(10).string("application/json").uint32(18).bytes(Buffer.from(json));
  return Buffer.from(writer.finish());
};
