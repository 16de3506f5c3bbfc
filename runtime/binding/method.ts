import type { Message } from "../codec.ts";
import type { MethodDefinition, ServiceDefinition } from "../component/definition.ts";
import type { MethodModel, ServiceModel } from "../contract/model.ts";
import type { Unit } from "../entity/unit.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";

/** A declared method together with the handler that runs it. */
export type BoundMethod = {
  readonly model: MethodModel;
  readonly service: ServiceModel;
  readonly request: MessageType;
  readonly response: MessageType;
  /** Runs the handler inside a unit; `undefined` when it ignored the command. May throw at once. */
  readonly run: (unit: Unit, command: Message) => Promise<Message | undefined> | Message | undefined;
};

/** Methods of a service by handler name. */
export type BoundService = ReadonlyMap<string, BoundMethod>;

/** The generated codecs of a method, with the names and descriptions of its messages. */
export const messageTypes = (
  definition: ServiceDefinition,
  model: MethodModel,
): { readonly request: MessageType; readonly response: MessageType } => {
  const method = definition.methods[model.handler];
  if (method === undefined) {
    throw new MeshError(
      "MISSING_HANDLER",
      `method ${model.path} is in the descriptor set but not in the generated definition; run make gen`,
    );
  }
  return {
    request: typeOf(method, "requestType", model.input),
    response: typeOf(method, "responseType", model.output),
  };
};

const typeOf = (
  method: MethodDefinition,
  side: "requestType" | "responseType",
  schema: MessageType["schema"],
): MessageType => ({ ...method[side], name: schema.typeName, schema });
