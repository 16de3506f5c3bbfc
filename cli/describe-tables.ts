import type { Model, ServiceModel } from "../runtime/contract/model.ts";
import { layOutView } from "../runtime/view/definition.ts";
import type { IndexPart } from "../runtime/view/plan.ts";

/** A table of a view, with what is derived from the view's queries. */
export type DescribedTable = {
  readonly view: string;
  /** As queries name it. */
  readonly name: string;
  readonly row: string;
  readonly key: readonly string[];
  /** What queries compare or sort by. */
  readonly columns: readonly string[];
  /** Parts of each index in order, such as `name`, `age DESC`; `(key)` is the row's key. */
  readonly indexes: readonly (readonly string[])[];
};

/** The tables of all views. The queries must have no mistakes. */
export const describeTables = (model: Model): readonly DescribedTable[] =>
  [...model.services.values()].filter(({ kind }) => kind === "view").flatMap((service) => tablesOf(model, service));

const tablesOf = (model: Model, service: ServiceModel): readonly DescribedTable[] =>
  layOutView({ model, service, revision: 0 }).tables.map(({ name, table, keyFields }) => ({
    view: service.fullName,
    name,
    row: table.row.schema.typeName,
    key: keyFields,
    columns: table.columns.map(({ path }) => path),
    indexes: table.indexes.map(({ parts }) => parts.map(partText)),
  }));

const partText = (part: IndexPart): string => {
  if (part.kind === "key") return "(key)";
  return part.direction === "descending" ? `${part.column} DESC` : part.column;
};
