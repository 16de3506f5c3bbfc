import { mistake } from "../codes.ts";
import type { DeclaredMethod, DeclaredService, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { flagAt, treeAt } from "../options.ts";

export const isUpdate = ({ options }: DeclaredMethod): boolean => treeAt(options, "method.view.update") !== undefined;
export const isQuery = ({ options }: DeclaredMethod): boolean => treeAt(options, "method.view.query") !== undefined;

const outsideView = ({ kind, methods }: DeclaredService): readonly Mistake[] =>
  methods
    .filter(({ options }) => treeAt(options, "method.view") !== undefined)
    .map(({ at, fullName }) =>
      mistake(
        "VIEW_OPTIONS_MISPLACED",
        at("method.view"),
        `method "${fullName}" has view options, but its service is of kind ${kind}.`,
        "Move the method to a service of type SERVICE_TYPE_VIEW.",
      ),
    );

const insideView = (service: DeclaredService): readonly Mistake[] => {
  const name = service.desc.typeName;
  const bare = service.methods
    .filter((method) => !isUpdate(method) && !isQuery(method) && !flagAt(method.options, "method.eventing.in.ignore"))
    .map(({ at, fullName }) =>
      mistake(
        "VIEW_METHOD_BARE",
        at(),
        `method "${fullName}" of a view is neither an update nor a query.`,
        "Add view.update or view.query, or move the method to an action.",
      ),
    );
  const found = [...bare];
  if (!service.methods.some(isQuery)) {
    const text = `view "${name}" has no query, so nobody could read it.`;
    found.push(mistake("VIEW_WITHOUT_QUERY", service.at(), text, "Add a method with view.query."));
  }
  if (!service.methods.some(isUpdate)) {
    const text = `view "${name}" has no update, so its rows would come from nowhere.`;
    found.push(mistake("VIEW_WITHOUT_UPDATE", service.at(), text, "Add a method with eventing.in and view.update."));
  }
  return found;
};

/** A view has updates and queries and nothing else, and only views have them. */
export const viewsRule: Rule = ({ services }) =>
  services.flatMap((service) => {
    if (service.kind === undefined) return [];
    return service.kind === "view" ? insideView(service) : outsideView(service);
  });
