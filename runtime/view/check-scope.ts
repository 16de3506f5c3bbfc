import type { DescMessage } from "@bufbuild/protobuf";
import type { Expression, Name, ParameterRef, Path, TableRef } from "./ast.ts";
import { columnTypeOf, describeType, type FieldType, isUint64 } from "./field-type.ts";
import { elementRemedy, faultOf, insideRemedy, isElement } from "./path-remedy.ts";
import { pathText, type ResolvedPath, resolvePath } from "./paths.ts";
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
  /** Does the query ask whether the parameter, or a message around it, is set? Unset it is NULL then. */
  readonly isNullable: (parameter: ParameterRef) => boolean;
  /** A path that can be compared, noted as a column the query reads. */
  readonly column: (path: Path) => TypedColumn | undefined;
  /** A path to a list of what can be compared; the type is that of its elements. */
  readonly listColumn: (path: Path) => TypedColumn | undefined;
  /** A path to anything, of which the query asks only whether it is there. */
  readonly presence: (path: Path) => Column | undefined;
  readonly parameter: (parameter: ParameterRef) => TypedParameter | undefined;
  readonly listParameter: (parameter: ParameterRef) => TypedParameter | undefined;
  readonly columns: () => readonly Column[];
  /** Is this what the query calls its table? Reports it if not. */
  readonly isTable: (name: Name) => boolean;
};

export type TypedColumn = { readonly column: Column; readonly type: FieldType };
export type TypedParameter = { readonly parameter: Parameter; readonly type: FieldType };

export type ScopeOptions = {
  readonly row: DescMessage;
  readonly request: DescMessage;
  /** As the query names it; its columns may stand behind that name. */
  readonly table: TableRef;
  /** Parameters that the query asks to be set, by their paths: these may be unset. */
  readonly nullable: ReadonlySet<string>;
  /** Takes the problems. */
  readonly found: Problem[];
};

export const createScope = ({ row, request, table, nullable, found }: ScopeOptions): Scope => {
  const qualifier = (table.alias ?? table.name).text;
  const columns = new Map<string, Column>();

  const report: Scope["report"] = (code, { offset }, text, remedy) => {
    found.push({ code, text, remedy, offset });
    return undefined;
  };

  /** Does the table's name stand before the column's? A field of that name goes before the table, but not before AS. */
  const isQualified = ({ names }: Path): boolean => {
    if (names.length === 1 || names[0]?.text !== qualifier) return false;
    return table.alias !== undefined || row.fields.every(({ name }) => name !== qualifier);
  };

  /** The path of what the store can read of a row. */
  const storedPath = (path: Path): ResolvedPath | undefined => {
    const resolved = rowPath(path);
    if (resolved?.timestamp === undefined) return resolved;
    const { text, timestamp } = resolved;
    const fault = `column "${text}" is a part of a google.protobuf.Timestamp, which is compared as a whole`;
    return report("NOT_COMPARABLE", path, fault, `compare \`${timestamp}\` with a time`);
  };

  const rowPath = (path: Path): ResolvedPath | undefined => {
    const isOfTable = isQualified(path);
    const outcome = resolvePath(row, isOfTable ? path.names.slice(1) : path.names);
    if (outcome.kind === "found") return outcome.path;
    const { text, remedy, suggestion } = faultOf(outcome, "");
    const meant = suggestion && (isOfTable ? `${qualifier}.${suggestion}` : suggestion);
    return report("UNKNOWN_COLUMN", outcome.name, text, didYouMean(meant, remedy));
  };

  const requestPath = (ref: ParameterRef): ResolvedPath | undefined => {
    const outcome = resolvePath(request, ref.names);
    if (outcome.kind === "found") return outcome.path;
    const { text, remedy, suggestion } = faultOf(outcome, ":");
    return report("UNKNOWN_PARAMETER", outcome.name, text, didYouMean(suggestion && `:${suggestion}`, remedy));
  };

  const comparable = (node: Expression, { text, type }: ResolvedPath, what: string): ColumnType | undefined => {
    const known = columnTypeOf(type);
    if (known !== undefined) return known;
    if (isUint64(type)) {
      const fault = `${what} "${text}" is a uint64, which the stores cannot compare`;
      return report("UINT64_COLUMN", node, fault, "make the field an int64");
    }
    const remedy = insideRemedy(type, what === "parameter" ? `:${text}` : text);
    return report("NOT_COMPARABLE", node, `${what} "${text}" is ${describeType(type)} and cannot be compared`, remedy);
  };

  const note = (column: Column): Column => {
    columns.set(column.path, column);
    return column;
  };

  /** The path of the elements, when the path leads to a list. */
  const elementsOf = (node: Expression, path: ResolvedPath | undefined, what: string): ResolvedPath | undefined => {
    if (path === undefined) return undefined;
    const { text, type } = path;
    if (type.kind === "list" && isElement(type.element)) return { ...path, type: type.element };
    if (type.kind === "list") {
      const fault = `${what} "${text}" is ${describeType(type)}, whose elements cannot be compared`;
      return report("NOT_COMPARABLE", node, fault, elementRemedy);
    }
    const fault = `ANY takes a list, and ${what} "${text}" is ${describeType(type)}`;
    return report("TYPE_MISMATCH", node, fault, "name a repeated field, or compare with = alone");
  };

  const presence = (node: Path): Column | undefined => {
    const path = storedPath(node);
    if (path === undefined) return undefined;
    const { text, steps, type } = path;
    const comparedAs = columnTypeOf(type);
    return comparedAs === undefined
      ? note({ path: `presence(${text})`, steps, type: "bool", computed: { kind: "presence" } })
      : note({ path: text, steps, type: comparedAs });
  };

  const isNullable = ({ names }: ParameterRef): boolean =>
    names.some((_, i) => nullable.has(pathText(names.slice(0, i + 1))));

  const parameterAt = (node: ParameterRef, { text, steps }: ResolvedPath, type: ColumnType): Parameter => ({
    name: text,
    steps,
    type,
    ...(isNullable(node) ? { isNullable: true } : {}),
  });

  return {
    row,
    request,
    report,
    rowPath,
    requestPath,
    isNullable,
    presence,
    column(node) {
      const path = storedPath(node);
      const type = path && comparable(node, path, "column");
      if (path === undefined || type === undefined) return undefined;
      return { column: note({ path: path.text, steps: path.steps, type }), type: path.type };
    },
    listColumn(node) {
      const path = elementsOf(node, storedPath(node), "column");
      const type = path && comparable(node, path, "column");
      if (path === undefined || type === undefined) return undefined;
      return { column: note({ path: path.text, steps: path.steps, type, isList: true }), type: path.type };
    },
    parameter(node) {
      const path = requestPath(node);
      const type = path && comparable(node, path, "parameter");
      if (path === undefined || type === undefined) return undefined;
      return { parameter: parameterAt(node, path, type), type: path.type };
    },
    listParameter(node) {
      const path = elementsOf(node, requestPath(node), "parameter");
      const type = path && comparable(node, path, "parameter");
      if (path === undefined || type === undefined) return undefined;
      return { parameter: { ...parameterAt(node, path, type), isList: true }, type: path.type };
    },
    columns: () => [...columns.values()],
    isTable(name) {
      if (name.text === qualifier) return true;
      const text = `the query reads no table "${name.text}"`;
      report("UNKNOWN_TABLE", name, text, didYouMean(qualifier, "write `*`"));
      return false;
    },
  };
};
