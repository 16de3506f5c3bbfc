import type { Application, Component } from "../component/application.ts";
import { untyped } from "../component/definition.ts";
import type { View } from "../component/view.ts";
import { checkedApplication, type ServeOptions } from "../serve.ts";
import type { StatusCode } from "../status.ts";
import { type CommandOf, type Entity, type GivenEntity, runCase } from "./entity-case.ts";
import { assertSame } from "./expected.ts";
import type { CheckedApplication } from "./message-types.ts";
import { assertFailure, assertOutcome, type UntypedExpectation } from "./outcome.ts";
import type { CommandOptions, Specification } from "./specification.ts";
import { answerSides, assertRefused, type GivenRow, type QueryOf, runQuery } from "./view-case.ts";

/**
 * Given, when, then for the components of an application: each case is one unit of work, or one query, on what is
 * given and nothing else. No port is opened, and no consumer runs. Throws INVALID_CONTRACT as a start would.
 */
export const specify = (given: Application, { environment }: Pick<ServeOptions, "environment"> = {}): Specification => {
  const checked: CheckedApplication = checkedApplication(given, environment);
  // Names and messages were checked where the specification is used.
  return untyped<Specification>({
    given: (component: Entity | View, key: string, ...happened: readonly (object | null)[]) =>
      component.kind === "view"
        ? givenView(checked, component, [{ key, events: happened }])
        : givenEntities(checked, [entityOf(component, key, happened)]),
    when: (component: Component, method: string, command: object, { headers = {} }: CommandOptions = {}) =>
      commanded(checked, [], { component, method, command, headers }),
  });
};

const entityOf = (entity: Entity, key: string, happened: readonly (object | null)[]): GivenEntity =>
  entity.kind === "event_sourced_entity"
    ? { entity, key, state: undefined, events: happened.filter((event) => event !== null) }
    : { entity, key, state: happened[0] ?? undefined, events: [] };

const givenEntities = (checked: CheckedApplication, given: readonly [GivenEntity, ...GivenEntity[]]): object => ({
  and: (entity: Entity, key: string, ...happened: readonly object[]) =>
    givenEntities(checked, [...given, entityOf(entity, key, happened)]),
  when: (...args: EntityCommand | readonly [Component, ...EntityCommand]) => {
    const [component, method, command, { headers = {} } = {}] = isOfEntity(args) ? [given[0].entity, ...args] : args;
    return commanded(checked, given, { component, method, command, headers });
  },
});

type EntityCommand = readonly [method: string, command: object, options?: CommandOptions];

const isOfEntity = (args: EntityCommand | readonly [Component, ...EntityCommand]): args is EntityCommand =>
  typeof args[0] === "string";

const commanded = (checked: CheckedApplication, given: readonly GivenEntity[], command: CommandOf): object => ({
  outcome: () => runCase(checked, given, command),
  thenExpect: async (expected: UntypedExpectation) =>
    assertOutcome(command, given[0], await runCase(checked, given, command), expected),
  thenFails: async (status: StatusCode, text?: string) =>
    assertFailure(command, await runCase(checked, given, command), status, text),
});

const givenView = (checked: CheckedApplication, view: View, given: readonly GivenRow[]): object => ({
  and: (key: string, ...events: readonly (object | null)[]) => givenView(checked, view, [...given, { key, events }]),
  when: (method: string, request: object) => queried(checked, given, { view, method, request }),
});

const queried = (checked: CheckedApplication, given: readonly GivenRow[], query: QueryOf): object => ({
  thenExpect: async (expected: object) =>
    assertSame(`the answer of "${query.method}"`, answerSides(query, await runQuery(checked, given, query), expected)),
  thenFails: async (status: StatusCode, text?: string) =>
    assertRefused(query, await runQuery(checked, given, query), status, text),
});
