import type { DeclaredMethod } from "./declared.ts";
import type { ComponentKind } from "./model.ts";
import { type OptionTree, treeAt } from "./options.ts";

const sources = ["topic", "value_entity", "value_changes", "event_sourced_entity", "event_log", "direct"];

const namesSource = (eventing: OptionTree): boolean => sources.some((source) => source in eventing);

/** Whether the eventing of a service is that of a method, too: in a view of its updates, in an action of those without HTTP. */
const takesPart = ({ options, http }: DeclaredMethod, kind: ComponentKind | undefined): boolean => {
  if (kind === "view") {
    return treeAt(options, "method.view.update") !== undefined || treeAt(options, "method.eventing.in") !== undefined;
  }
  return kind === "action" && http.length === 0;
};

/**
 * A method with what its service says of `eventing.in`: the source, where the method names none, and in any case
 * whether messages of unknown types are dropped.
 */
export const withServiceEventing = (
  method: DeclaredMethod,
  kind: ComponentKind | undefined,
  service: OptionTree,
): DeclaredMethod => {
  const shared = treeAt(service, "service.eventing.in");
  if (shared === undefined || !takesPart(method, kind)) return method;
  const own = treeAt(method.options, "method.eventing.in") ?? {};
  const { ignore_unknown } = shared;
  const merged = namesSource(own)
    ? { ...(ignore_unknown === undefined ? {} : { ignore_unknown }), ...own }
    : { ...shared, ...own };
  const options = treeAt(method.options, "method") ?? {};
  const eventing = { ...treeAt(method.options, "method.eventing"), in: merged };
  return { ...method, options: { ...method.options, method: { ...options, eventing } } };
};
