import { mistake } from "../codes.ts";
import type { Rule } from "../declared.ts";
import { shapeOf } from "./path-template.ts";
import { repeated } from "./repeated.ts";

/** A request has one method that answers it. */
export const httpTwiceRule: Rule = ({ http }) =>
  repeated(
    http.filter(({ path }) => path !== ""),
    ({ verb, path }) => `${verb} ${shapeOf(path)}`,
  ).map(({ item, earlier }) =>
    mistake(
      "HTTP_TWICE",
      item.at(),
      `"${earlier.methodName}" and "${item.methodName}" both answer ${item.verb} ${item.path}.`,
      "Give one of them another path; names of variables do not make a difference.",
    ),
  );
