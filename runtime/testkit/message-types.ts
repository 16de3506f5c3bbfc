import type { DescMessage } from "@bufbuild/protobuf";
import { messageTypes } from "../binding/method.ts";
import type { MessageFns } from "../codec.ts";
import type { Application, Component } from "../component/application.ts";
import type { Model } from "../contract/model.ts";
import type { MessageType } from "../ports.ts";

/** An application with what its descriptors declare. */
export type CheckedApplication = { readonly application: Application; readonly model: Model };

/** The messages that the components of applications name, with the generated code of each. */
export type MessageTypes = {
  readonly all: readonly MessageType[];
  /** The declared type of generated code. */
  typeOf(codec: MessageFns): MessageType;
  /** Names of the key fields of a message. */
  keyFieldsOf(type: MessageType): readonly string[];
};

export const messageTypesOf = (checked: readonly CheckedApplication[]): MessageTypes => {
  const types = new Map<MessageFns, MessageType>();
  const add = (codec: MessageFns | undefined, schema: DescMessage | undefined): void => {
    if (codec !== undefined && schema !== undefined) types.set(codec, { ...codec, name: schema.typeName, schema });
  };
  const components = checked.flatMap(({ application, model }) =>
    application.components.map((component) => ({ component, model })),
  );
  for (const { component, model } of components) {
    const { definition } = component;
    const service = model.services.get(definition.fullName);
    for (const method of service?.methods ?? []) {
      const { request, response } = messageTypes(definition, method);
      add(definition.methods[method.handler]?.requestType, request.schema);
      add(definition.methods[method.handler]?.responseType, response.schema);
    }
    const entity = model.entities.get(service?.component ?? "");
    add(stateOf(component), entity?.state);
    const events = component.kind === "event_sourced_entity" ? component.events : {};
    for (const [name, codec] of Object.entries(events)) {
      add(
        codec,
        entity?.events.find((event) => event.name === name),
      );
    }
  }
  return {
    all: [...types.values()],
    typeOf(codec) {
      const type = types.get(codec);
      if (type !== undefined) return type;
      throw new Error("no component of the application names this message, so it is in no topic of it");
    },
    keyFieldsOf: ({ schema }) =>
      checked.map(({ model }) => model.keyFieldsOf(schema)).find((fields) => fields.length > 0) ?? [],
  };
};

/** The generated code of what an entity holds. */
export const stateOf = (component: Component): MessageFns | undefined => {
  if ("state" in component) return component.state;
  return "value" in component ? component.value : undefined;
};
