import { mistake } from "../codes.ts";
import type { Contract, NamedAnnotated, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import type { Location } from "../model.ts";
import { listAt, type OptionTree, optionAt, pathsOf, textAt } from "../options.ts";
import { knownOptions } from "./known-options.ts";
import { notSupportedYet } from "./not-supported-table.ts";
import { isScalarName } from "./scalar-names.ts";

const refuse = (title: string, what: string, location: Location): Mistake =>
  mistake(
    "NOT_SUPPORTED_YET",
    location,
    `${title}: ${what} is not supported yet.`,
    "Take it out; docs/annotations.md lists what is supported.",
  );

const isBelow = (path: string, above: Iterable<string>): boolean =>
  [...above].some((each) => path.startsWith(`${each}.`));

/** Access that everybody is allowed, and nobody denied, is what there is. */
const isForAll = (path: string, options: OptionTree): boolean =>
  path.endsWith(".acl") &&
  listAt(options, `${path}.deny`).length === 0 &&
  listAt(options, `${path}.allow`).some((_, i) => textAt(options, `${path}.allow.${i}.principal`) === "ALL");

/** A list counts once, by its own path; a message counts by what is set inside it. */
const isLeaf = (path: string, { options }: NamedAnnotated): boolean => {
  const value = optionAt(options, path);
  return typeof value !== "object" || Array.isArray(value) || Object.keys(value).length === 0;
};

const options = (element: NamedAnnotated): readonly Mistake[] => {
  const { http: _, ...ours } = element.options;
  // An option set to false asks for nothing that is not done.
  const set = pathsOf(ours).filter((path) => optionAt(ours, path) !== false);
  return set.flatMap((path) => {
    const what = notSupportedYet[path];
    if (what !== undefined && isForAll(path, ours)) return [];
    if (what !== undefined) return [refuse(element.title, what, element.at(path))];
    if (isBelow(path, Object.keys(notSupportedYet)) || isBelow(path, knownOptions) || knownOptions.has(path)) return [];
    if (!isLeaf(path, element) || isAbove(path)) return [];
    return [refuse(element.title, `the option ${path}`, element.at(path))];
  });
};

/** An empty message on the way to known options is for other rules to judge. */
const isAbove = (path: string): boolean =>
  [...knownOptions, ...Object.keys(notSupportedYet)].some((each) => each.startsWith(`${path}.`)) ||
  path === "codegen.action" ||
  path === "codegen.view";

const scalarState = ({ entities }: Contract): readonly Mistake[] =>
  entities.flatMap(({ types, fullName, at, data }) =>
    (data === undefined ? types : [])
      .filter(({ name }) => isScalarName(name))
      .map(({ name, path }) => refuse(`entity "${fullName}"`, `the scalar ${name} as its state`, at(path))),
  );

/** No option is ignored: what the runtime does not do is refused by name. */
export const notSupportedRule: Rule = (contract) => [...contract.annotated.flatMap(options), ...scalarState(contract)];
