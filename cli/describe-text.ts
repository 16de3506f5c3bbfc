import type { DescribedMethod, DescribedService, Description } from "../runtime/contract/describe.ts";
import { columns } from "./columns.ts";
import type { DescribedTable } from "./describe-tables.ts";

type Section = readonly [title: string, lines: readonly string[]];

/** A description for people; sections without content are left out. */
export const descriptionText = (description: Description, tables: readonly DescribedTable[]): string => {
  const { services, topics, routes } = description;
  const of = (kind: DescribedService["kind"]) => services.filter((service) => service.kind === kind);
  const sections: readonly Section[] = [
    ["Entities", entityLines(description)],
    ["Actions", of("action").flatMap(serviceLines)],
    ["Views", of("view").flatMap((view) => [...serviceLines(view), ...tableLines(tables, view)])],
    [
      "Topics",
      topics.flatMap(({ name, writers, readers }) => [
        `  ${name}`,
        ...listed("written by", writers),
        ...listed("read by", readers),
      ]),
    ],
    ["REST", columns(routes.map(({ verb, path, method }) => [verb, path, method]))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${[title, ...lines].join("\n")}\n`)
    .join("\n");
};

const words = (name: string): string => name.replaceAll("_", " ").replace("event sourced", "event-sourced");

const entityLines = ({ entities, services }: Description): readonly string[] =>
  entities.flatMap(({ name, kind, entityType, state, scalars = {}, events, key, service }) => [
    `  ${name}`,
    `    ${words(kind)} "${entityType}"${state === undefined ? "" : ` of ${state}`}, by ${key.join(" and ")}`,
    ...Object.entries(scalars).map(([option, type]) => `    ${option} ${type}`),
    ...(events.length === 0 ? [] : [`    events ${events.join(", ")}`]),
    ...services.filter((each) => each.name === service).flatMap((each) => methodLines(each.methods)),
  ]);

const serviceLines = ({ name, methods }: DescribedService): readonly string[] => [`  ${name}`, ...methodLines(methods)];

const methodLines = (methods: readonly DescribedMethod[]): readonly string[] =>
  columns(
    methods.map((method) => [`${method.name}(${requestOf(method)})`, sentenceOf(method)]),
    "    ",
  );

const streamOf = (typeName: string, isStreamed: boolean): string =>
  `${isStreamed ? "stream of " : ""}${shortened(typeName)}`;

const requestOf = ({ request, shape }: DescribedMethod): string =>
  streamOf(request, shape === "client_streaming" || shape === "bidi_streaming");

const sentenceOf = ({ response, shape, source, destination, table, query }: DescribedMethod): string => {
  const from = source === undefined ? "" : ` from ${words(source.kind)} ${source.name}`;
  if (table !== undefined) return `row of table ${table}${from}`;
  const to = destination === undefined ? "" : ` to topic ${destination}`;
  const answered = streamOf(response, shape === "server_streaming" || shape === "bidi_streaming");
  const answer = `${answered}${to}${from}`;
  return query === undefined ? answer : `${answer}: ${query.replace(/\s+/g, " ").trim()}`;
};

const tableLines = (tables: readonly DescribedTable[], { name }: DescribedService): readonly string[] =>
  tables
    .filter(({ view }) => view === name)
    .flatMap((table) => [
      `    table ${table.name} of ${table.row}, by ${table.key.length === 0 ? "the key of its source" : table.key.join(" and ")}`,
      ...table.indexes.map((parts) => `      index on ${parts.join(", ")}`),
    ]);

const listed = (what: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`    ${what} ${names.join(", ")}`];

const shortened = (typeName: string): string => typeName.slice(typeName.lastIndexOf(".") + 1);
