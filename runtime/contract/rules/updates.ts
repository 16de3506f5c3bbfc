import { mistake } from "../codes.ts";
import type { DeclaredMethod, DeclaredService, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { flagAt, textAt, treeAt } from "../options.ts";
import { isUpdate } from "./views.ts";

const UPDATE = "method.view.update";

const check = (method: DeclaredMethod): readonly Mistake[] => {
  const { options, at, fullName, desc, http } = method;
  const who = `view update "${fullName}"`;
  const found: Mistake[] = [];
  if (textAt(options, `${UPDATE}.table`) === undefined) {
    const remedy = "Add table, the name that queries read it by.";
    found.push(mistake("UPDATE_WITHOUT_TABLE", at(UPDATE), `${who} names no table.`, remedy));
  }
  if (treeAt(options, "method.eventing.in") === undefined) {
    const remedy = 'Add eventing.in with its source, such as topic: "users".';
    found.push(mistake("UPDATE_WITHOUT_SOURCE", at(UPDATE), `${who} has no eventing.in.`, remedy));
  }
  if (treeAt(options, "method.eventing.out") !== undefined) {
    const remedy = "Remove eventing.out; an action may consume the source and publish.";
    found.push(mistake("UPDATE_PUBLISHES", at("method.eventing.out"), `${who} has eventing.out.`, remedy));
  }
  if (desc.methodKind !== "unary") {
    const remedy = "Remove stream: an update takes one event and gives one row.";
    found.push(mistake("UPDATE_STREAMS", at(), `${who} streams.`, remedy));
  }
  if (http.length > 0) {
    const remedy = "Remove the HTTP rule; only the source calls an update.";
    found.push(mistake("UPDATE_WITH_HTTP", at("http"), `${who} has an HTTP rule.`, remedy));
  }
  const isDelete = flagAt(options, "method.eventing.in.handle_deletes");
  if (!isDelete && !flagAt(options, `${UPDATE}.transform_updates`) && desc.input.typeName !== desc.output.typeName) {
    const text = `${who} takes "${desc.input.typeName}" and stores "${desc.output.typeName}" without transform_updates.`;
    const remedy = "Let input and output be one type: without transform_updates the event is the row.";
    found.push(mistake("UPDATE_WITHOUT_TRANSFORM", at(), text, remedy));
  }
  return found;
};

const typesDiffer = ({ methods }: DeclaredService): readonly Mistake[] => {
  const first = new Map<string, DeclaredMethod>();
  return methods.filter(isUpdate).flatMap((method) => {
    const table = textAt(method.options, `${UPDATE}.table`) ?? "";
    const earlier = first.get(table) ?? method;
    first.set(table, earlier);
    if (table === "" || earlier.desc.output.typeName === method.desc.output.typeName) return [];
    return [
      mistake(
        "UPDATE_TYPES_DIFFER",
        method.at(),
        `table "${table}" has rows of "${earlier.desc.output.typeName}" by "${earlier.fullName}", but "${method.fullName}" returns "${method.desc.output.typeName}".`,
        "Let all updates of a table return the same message.",
      ),
    ];
  });
};

/** An update has a table and a source, and all updates of a table make the same rows. */
export const updatesRule: Rule = ({ services }) =>
  services
    .filter(({ kind }) => kind === "view")
    .flatMap((service) => [...service.methods.filter(isUpdate).flatMap(check), ...typesDiffer(service)]);
