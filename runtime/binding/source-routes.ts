import type { MethodModel } from "../contract/model.ts";
import { createIgnore } from "../eventing/ignored.ts";
import { anyType } from "../eventing/taker.ts";
import type { LogRecord } from "../ports.ts";

/** The methods of one consumer and topic, by what they do with its records. */
export type SourceRoute<M> = {
  /** Methods that take messages. */
  readonly takers: readonly M[];
  /** The method that is told of deletions. */
  readonly deletes: M | undefined;
  readonly isIgnored: (record: LogRecord) => boolean;
};

export const routeOf = <M>(
  members: readonly M[],
  modelOf: (member: M) => MethodModel,
  accepts: Readonly<Record<string, string>>,
): SourceRoute<M> => {
  const models = members.map(modelOf);
  const takers = members.filter((member) => !modelOf(member).ignores && !modelOf(member).handlesDeletes);
  const ignoring = models.filter(({ ignores }) => ignores).map(({ input }) => input.typeName);
  return {
    takers,
    deletes: members.find((member) => modelOf(member).handlesDeletes),
    isIgnored: createIgnore({
      handled: takers.map((member) => modelOf(member).input.typeName),
      ignored: ignoring.filter((name) => name !== anyType),
      ignoresUnknown: ignoring.includes(anyType) || models.some(({ ignoresUnknown }) => ignoresUnknown),
      accepts,
    }),
  };
};
