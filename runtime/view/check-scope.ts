import type { DescMessage } from "@bufbuild/protobuf";
import type { Expression, ParameterRef, Path } from "./ast.ts";
import { columnTypeOf, describeType, type FieldType, isUint64 } from "./field-type.ts";
import { type ResolvedPath, resolvePath } from "./paths.ts";
import type { Column, ColumnType, Parameter } from "./plan.ts";
import type { Problem, ProblemCode } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/** What a query may name, and where its mistakes are gathered. */
export type Scope = {
  readonly row: DescMessage;
  readonly request: DescMessage;
  readonly report: (code: ProblemCode, node: { readonly offset: number }, text: string, remedy: string) => undefined;
  /** The path of a row's field, of any type. */
  readonly rowPath: (path: Path) => ResolvedPath | undefined;
  readonly requestPath: (parameter: ParameterRef) => ResolvedPath | undefined;
  /** A path that can be compared, noted as a column the query reads. */
  readonly column: (path: Path) => TypedColumn | undefined;
  readonly parameter: (parameter: ParameterRef) => TypedParameter | undefined;
  readonly columns: () => readonly Column[];
};

export type TypedColumn = { readonly column: Column; readonly type: FieldType };
export type TypedParameter = { readonly parameter: Parameter; readonly type: FieldType };

export const createScope = (row: DescMessage, request: DescMessage, found: Problem[]): Scope => {
  const columns = new Map<string, Column>();

  const report: Scope["report"] = (code, { offset }, text, remedy) => {
    found.push({ code, text, remedy, offset });
    return undefined;
  };

  const rowPath = (path: Path): ResolvedPath | undefined => {
    const outcome = resolvePath(row, path.names);
    if (outcome.kind === "found") return outcome.path;
    const { name, within, suggestion } = outcome;
    return report(
      "UNKNOWN_COLUMN",
      name,
      `${within} has no field "${name.text}"`,
      didYouMean(suggestion, `name a field of ${row.typeName}`),
    );
  };

  const requestPath = (ref: ParameterRef): ResolvedPath | undefined => {
    const outcome = resolvePath(request, ref.names);
    if (outcome.kind === "found") return outcome.path;
    const { name, within, suggestion } = outcome;
    return report(
      "UNKNOWN_PARAMETER",
      name,
      `the request ${within} has no field "${name.text}"`,
      didYouMean(suggestion && `:${suggestion}`, `add the field to ${request.typeName}, or name one it has`),
    );
  };

  const comparable = (node: Expression, path: ResolvedPath, what: string): ColumnType | undefined => {
    const type = columnTypeOf(path.type);
    if (type !== undefined) return type;
    if (isUint64(path.type)) {
      return report(
        "UINT64_COLUMN",
        node,
        `${what} "${path.text}" is a uint64, which the stores cannot compare`,
        "make the field an int64",
      );
    }
    return report(
      "NOT_COMPARABLE",
      node,
      `${what} "${path.text}" is ${describeType(path.type)} and cannot be compared`,
      "name a scalar, enum or Timestamp field inside it",
    );
  };

  return {
    row,
    request,
    report,
    rowPath,
    requestPath,
    column(node) {
      const path = rowPath(node);
      const type = path && comparable(node, path, "column");
      if (path === undefined || type === undefined) return undefined;
      const column = { path: path.text, steps: path.steps, type };
      columns.set(column.path, column);
      return { column, type: path.type };
    },
    parameter(node) {
      const path = requestPath(node);
      const type = path && comparable(node, path, "parameter");
      if (path === undefined || type === undefined) return undefined;
      return { parameter: { name: path.text, steps: path.steps, type }, type: path.type };
    },
    columns: () => [...columns.values()],
  };
};
