import { mistake } from "../codes.ts";
import type { DeclaredEntity, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { repeated } from "./repeated.ts";

const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

const check = (entity: DeclaredEntity): readonly Mistake[] => {
  const events = entity.types.filter(({ path }) => path !== entity.statePath);
  if (events.length === 0) {
    const text = `entity "${entity.fullName}" is event-sourced and declares no events, so it could never change.`;
    return [mistake("ENTITY_EVENTS_MISSING", entity.at(entity.path), text, "Add events with the names of messages.")];
  }
  return repeated(events, ({ name }) => lastPart(name)).map(({ item, earlier }) =>
    mistake(
      "ENTITY_EVENT_TWICE",
      entity.at(item.path),
      `entity "${entity.fullName}" has the events "${earlier.name}" and "${item.name}", which share the name "${lastPart(item.name)}".`,
      "Declare each event once, under a name of its own: handlers know an event by the last part of its name.",
    ),
  );
};

/** An event-sourced entity has events, and each has a name of its own. */
export const eventsRule: Rule = ({ entities }) =>
  entities.filter(({ kind }) => kind === "event_sourced_entity").flatMap(check);
