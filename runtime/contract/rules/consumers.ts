import { mistake } from "../codes.ts";
import type { DeclaredMethod, Rule } from "../declared.ts";
import { sourceOf } from "../model-of.ts";
import { repeated } from "./repeated.ts";

const consumed = (method: DeclaredMethod): string => {
  const source = sourceOf(method);
  return JSON.stringify([source?.kind, source?.name, source?.group, method.desc.input.typeName]);
};

/** Within one consumer, a message has one method that takes it. */
export const consumersRule: Rule = ({ services }) =>
  services.flatMap(({ methods }) =>
    repeated(
      methods.filter((method) => sourceOf(method) !== undefined),
      consumed,
    ).map(({ item, earlier }) =>
      mistake(
        "CONSUMER_TYPE_TWICE",
        item.at("method.eventing.in"),
        `methods "${earlier.fullName}" and "${item.fullName}" both take "${item.desc.input.typeName}" from ${sourceOf(item)?.kind} "${sourceOf(item)?.name}" in one consumer.`,
        "Give one of them a consumer_group of its own, so that both get every message, or remove it.",
      ),
    ),
  );
