import { mistake } from "../codes.ts";
import type { DeclaredMethod, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { textAt, treeAt } from "../options.ts";
import { isQuery } from "./views.ts";

const QUERY = "method.view.query";

const check = ({ options, at, fullName, desc }: DeclaredMethod): readonly Mistake[] => {
  const found: Mistake[] = [];
  if ((textAt(options, `${QUERY}.query`) ?? "").trim() === "") {
    const remedy = 'Write the query, such as "SELECT * FROM users".';
    found.push(mistake("QUERY_EMPTY", at(`${QUERY}.query`), `the query of "${fullName}" is empty.`, remedy));
  }
  if (desc.methodKind === "client_streaming" || desc.methodKind === "bidi_streaming") {
    const text = `query "${fullName}" takes a stream of requests.`;
    found.push(mistake("QUERY_STREAMS_IN", at(), text, "Remove stream from the input; the output may stream."));
  }
  if (treeAt(options, "method.eventing") !== undefined) {
    const text = `query "${fullName}" has eventing options; a query neither consumes nor publishes.`;
    found.push(mistake("QUERY_WITH_EVENTING", at("method.eventing"), text, "Move eventing to the view's update."));
  }
  return found;
};

/** What a query method needs around its text; the text itself is checked by the view stage. */
export const queriesRule: Rule = ({ services }) =>
  services.filter(({ kind }) => kind === "view").flatMap(({ methods }) => methods.filter(isQuery).flatMap(check));
