import type { EventSourcedEntity } from "../component/event-sourced-entity.ts";
import type { EntityModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";

/** The events of an entity by name. Throws INVALID_CONTRACT when code and contract declare different ones. */
export const eventTypesOf = (
  { definition, events }: EventSourcedEntity,
  { fullName, events: declared }: EntityModel,
): ReadonlyMap<string, MessageType> => {
  const names = declared.map(({ name }) => name);
  const missing = names.filter((name) => events[name] === undefined);
  const unknown = Object.keys(events).filter((name) => !names.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    const problems = [
      ...missing.map((name) => `event ${name} of ${fullName} is declared in the proto file and not in "events"`),
      ...unknown.map((name) => `event ${name} is in "events" and not declared by ${fullName}`),
    ];
    throw new MeshError("INVALID_CONTRACT", `${definition.fullName}: ${problems.join("; ")}; make the two agree`);
  }
  return new Map(
    declared.flatMap((schema): [string, MessageType][] => {
      const codec = events[schema.name];
      return codec === undefined ? [] : [[schema.name, { ...codec, name: schema.typeName, schema }]];
    }),
  );
};
