import type { DescMessage } from "@bufbuild/protobuf";
import type { MethodModel, Model, ServiceModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import { type CompiledQuery, compileQuery } from "./compile-query.ts";
import { contextOf, tablesOf } from "./context.ts";
import { tableIdentity } from "./identity.ts";
import { deriveIndexes } from "./indexes.ts";
import type { Column } from "./plan.ts";
import type { ViewLayout, ViewTable } from "./store.ts";

export type DefinedTable<T extends ViewLayout = ViewTable> = {
  /** As queries name it. */
  readonly name: string;
  readonly table: T;
  /** The methods that say where its rows come from. */
  readonly updates: readonly MethodModel[];
  /** Key fields of its rows. */
  readonly keyFields: readonly string[];
};

export type DefinedQuery<T extends ViewLayout = ViewTable> = {
  readonly method: MethodModel;
  readonly compiled: CompiledQuery;
  readonly table: T;
};

/** What a view service needs to run: stored tables, and queries with their plans. */
export type ViewDefinition<T extends ViewLayout = ViewTable> = {
  readonly tables: readonly DefinedTable<T>[];
  readonly queries: readonly DefinedQuery<T>[];
};

export type LayOutViewOptions = {
  readonly model: Model;
  readonly service: ServiceModel;
  /** Raised when handlers make other rows of the same events. */
  readonly revision: number;
};

export type DefineViewOptions = LayOutViewOptions & {
  /** The generated type of a message. */
  readonly typeOf: (desc: DescMessage) => MessageType;
};

/**
 * Tables, columns and indexes, all derived from the view's methods. Throws INVALID_CONTRACT on a query with
 * mistakes: `checkViews` tells them all, so it comes first.
 */
export const defineView = ({ typeOf, ...options }: DefineViewOptions): ViewDefinition => {
  const { tables, queries } = layOutView(options);
  const typed = new Map(
    tables.map(({ table }) => [table.id, { ...table, row: typeOf(table.row.schema) } satisfies ViewTable]),
  );
  const withType = <E extends { readonly table: ViewLayout }>(entry: E) => {
    const table = typed.get(entry.table.id);
    return table === undefined ? [] : [{ ...entry, table }];
  };
  return { tables: tables.flatMap(withType), queries: queries.flatMap(withType) };
};

/** `defineView` for one who has the protos and no generated code. */
export const layOutView = ({ model, service, revision }: LayOutViewOptions): ViewDefinition<ViewLayout> => {
  const compiled = service.methods.flatMap((method) =>
    method.query === undefined ? [] : [{ method, compiled: compileOrThrow(service, method, method.query.text) }],
  );
  const tables = [...tablesOf(service)].map(([name, row]): DefinedTable<ViewLayout> => {
    const updates = service.methods.filter(({ update }) => update?.table === name);
    const plans = compiled.map((query) => query.compiled.plan).filter((plan) => plan.table === name);
    const columns = new Map<string, Column>(
      plans.flatMap((plan) => plan.columns).map((column) => [column.path, column]),
    );
    const table: ViewLayout = {
      id: tableIdentity(service, name, row, updates, revision),
      row: { schema: row },
      columns: [...columns.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      indexes: deriveIndexes(plans),
    };
    return { name, table, updates, keyFields: model.keyFieldsOf(row) };
  });
  const byName = new Map(tables.map(({ name, table }) => [name, table]));
  const queries = compiled.flatMap((query) => {
    const table = byName.get(query.compiled.plan.table);
    return table === undefined ? [] : [{ ...query, table }];
  });
  return { tables, queries };
};

const compileOrThrow = (service: ServiceModel, method: MethodModel, text: string): CompiledQuery => {
  const outcome = compileQuery(text, contextOf(service, method));
  if (outcome.kind === "ok") return outcome.value;
  const reasons = outcome.problems.map((problem) => `${problem.text} (${problem.remedy})`).join("; ");
  throw new MeshError("INVALID_CONTRACT", `query "${service.fullName}.${method.name}": ${reasons}`);
};
