import { mistake } from "../codes.ts";
import type { Rule } from "../declared.ts";
import { handlerName } from "../model-of.ts";
import { repeated } from "./repeated.ts";

/** Each method has a handler name of its own. */
export const handlersRule: Rule = ({ services }) =>
  services.flatMap(({ methods }) =>
    repeated(methods, ({ desc }) => handlerName(desc.name)).map(({ item, earlier }) =>
      mistake(
        "HANDLER_TWICE",
        item.at(),
        `methods "${earlier.fullName}" and "${item.fullName}" would share the handler "${handlerName(item.desc.name)}".`,
        "Rename one of them so that they differ in more than the case of the first letter.",
      ),
    ),
  );
