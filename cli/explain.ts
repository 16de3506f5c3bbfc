import { toBinary } from "@bufbuild/protobuf";
import { type Command, InvalidArgumentError } from "commander";
import { describeFilter } from "../runtime/adapters/mongodb/view-explain.ts";
import { describeSql } from "../runtime/adapters/sqlite/view-describe.ts";
import { compileContract } from "../runtime/contract/compile.ts";
import { byPlace } from "../runtime/contract/report.ts";
import { MeshError } from "../runtime/errors.ts";
import { configOrExit } from "../runtime/run-service.ts";
import { checkViews } from "../runtime/view/check-views.ts";
import { layOutView } from "../runtime/view/definition.ts";
import { describePlan, type Section } from "../runtime/view/describe-plan.ts";
import { describeTree } from "../runtime/view/describe-tree.ts";
import { parseQuery } from "../runtime/view/parser.ts";
import { type Descriptors, loadDescriptors } from "./descriptors.ts";
import { generatedForm, readRequest } from "./explain-request.ts";
import { explainRunning } from "./explain-way.ts";
import { findQuery } from "./find-query.ts";
import { exitCodeOf } from "./mesh/command.ts";
import { mistakesText } from "./mistakes-text.ts";

type Flags = { readonly protos?: string; readonly params?: string; readonly revision: number };

const readRevision = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("A revision is a whole number.");
  return Number(text);
};

const print = ({ title, lines }: Section): void => {
  process.stdout.write(`\n${[title, ...lines.map((line) => `  ${line}`)].join("\n")}\n`);
};

const explain = async (name: string, { protos, params, revision }: Flags): Promise<number> => {
  const descriptors = await loadDescriptors(protos);
  if (descriptors.kind === "mistaken") return refuse(descriptors.mistakes, descriptors);
  const { model, mistakes } = compileContract(descriptors.bytes);
  const { service, method, query } = findQuery(model, name);
  const ofService = checkViews({ ...model, services: new Map([[service.fullName, service]]) });
  const all = [...mistakes, ...ofService].map((each) => ({ ...each, location: descriptors.locate(each.location) }));
  if (all.length > 0) return refuse(all.sort(byPlace), descriptors);

  const parsed = parseQuery(query.text);
  const { queries } = layOutView({ model, service, revision });
  const laidOut = queries.find((each) => each.method === method);
  if (parsed.kind === "problems" || laidOut === undefined) throw new Error("a query without mistakes has no plan");
  const { compiled, table } = laidOut;
  const message = readRequest(method.input, params, model.registry);
  const request = generatedForm(method.input, message);

  process.stdout.write(`${service.fullName}.${method.name}, over ${table.id}\n`);
  print({ title: "query", lines: query.text.split("\n") });
  print({ title: "tree", lines: describeTree(parsed.value) });
  for (const section of describePlan(compiled, table.indexes)) print(section);
  print({ title: "SQL", lines: withRemedy(() => describeSql(table, compiled.plan, request)) });
  print({
    title: `MongoDB, ${params === undefined ? "for an empty request (see --params)" : "for the request of --params"}`,
    lines: withRemedy(() => describeFilter(table, compiled.plan, request)),
  });
  const requestBytes = toBinary(method.input, message);
  const asked = { path: method.path, query: query.text, table, plan: compiled.plan, request, requestBytes };
  const explained = await explainRunning(configOrExit(), asked);
  for (const section of explained) print(section);
  return explained.some(({ isRefused }) => isRefused) ? 1 : 0;
};

/** A request that lacks something has no filter, but the rest is worth telling. */
const withRemedy = (describe: () => readonly string[]): readonly string[] => {
  try {
    return describe();
  } catch (error) {
    if (error instanceof MeshError) return [`none: ${error.text}`];
    throw error;
  }
};

const refuse = (mistakes: Parameters<typeof mistakesText>[0], descriptors: Descriptors): number => {
  process.stdout.write(mistakesText(mistakes, descriptors));
  return 1;
};

/** Adds `rollcall explain`. It exits with 0, 1 when the protos have mistakes, an engine fails or the request lacks what an engine needs, 2 for a bad call. */
export const registerExplain = (program: Command): void => {
  program
    .command("explain")
    .description("show how a view's query finds its rows: tree, filter, indexes, and the plan of an engine that runs")
    .argument("<query>", "such as PresenceQueryApi.GetUsers, or its full name")
    .option(
      "--protos <path>",
      "a folder of .proto files or a descriptor set file; gen/ of this folder, else Rollcall's own, when left out",
    )
    .option("--params <json>", "a request of the query as JSON; an empty one when left out")
    .option("--revision <number>", "of the view's handlers, for the name of its table", readRevision, 0)
    .action(async (name: string, flags: Flags) => {
      process.exitCode = await exitCodeOf(() => explain(name, flags));
    });
};
