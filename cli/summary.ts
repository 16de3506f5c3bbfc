import type { MethodModel, Model } from "../runtime/contract/model.ts";

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const topicsOf = ({ source, destination }: MethodModel): readonly string[] => [
  ...(source?.kind === "topic" ? [source.name] : []),
  ...(destination === undefined ? [] : [destination]),
];

/** What a model holds, in one line. */
export const summaryOf = ({ services, entities }: Model): string => {
  const methods = [...services.values()].flatMap((service) => service.methods);
  const queries = methods.filter((method) => method.query !== undefined).length;
  return [
    counted(services.size, "service", "services"),
    counted(entities.size, "entity", "entities"),
    counted(new Set(methods.flatMap(topicsOf)).size, "topic", "topics"),
    counted(queries, "query", "queries"),
  ].join(", ");
};
