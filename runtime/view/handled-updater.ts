import type { Message } from "../codec.ts";
import { noEffect } from "../component/effects.ts";
import type { RowEffect } from "../component/view.ts";
import { MeshError } from "../errors.ts";
import { withFirstNames } from "./enum-aliases.ts";
import { isNewer, positionOf } from "./position.ts";
import { rowKeyOf } from "./row-key.ts";
import type { Position, RowChange, StoredRow, ViewStore, ViewTable } from "./store.ts";
import type { ViewEvent } from "./updater.ts";

/** An event with what is to be made of it. */
export type HandledEvent = ViewEvent & {
  /** Sequence of the event before it, where its source tells that. */
  readonly previous: string | undefined;
  /** Nobody takes it; it only moves the position on. */
  readonly isIgnored: boolean;
  readonly update: (row: Message | undefined, key: string) => RowEffect | Promise<RowEffect>;
};

export type HandledUpdaterOptions<E> = {
  readonly store: ViewStore;
  readonly table: ViewTable;
  /** Key fields of the row message. */
  readonly keyFields: readonly string[];
  readonly handle: (event: E) => HandledEvent;
  /** All events of an entity from its journal, for one who has missed some. */
  readonly history: (event: HandledEvent) => AsyncIterable<HandledEvent>;
};

const maxAttempts = 20;

/**
 * The updater of a table whose rows are made by handlers from the row before. The events of a key are folded over the
 * row as it was read, and the result is written only if nobody wrote in between; else they are folded again.
 */
export const createHandledUpdater = <E>(
  options: HandledUpdaterOptions<E>,
): { apply(events: readonly E[]): Promise<void> } => {
  const { store, table, keyFields, handle } = options;
  return {
    async apply(events) {
      let open = new Map<string, HandledEvent[]>();
      for (const each of events) {
        const event = handle(each);
        const key = rowKeyOf(event, keyFields);
        const before = open.get(key);
        if (before === undefined) open.set(key, [event]);
        else before.push(event);
      }
      for (let attempt = 1; open.size > 0; attempt++) {
        if (attempt > maxAttempts) {
          throw new MeshError("CONFLICT", `other writers changed rows of "${table.id}" ${maxAttempts} times meanwhile`);
        }
        open = await foldAndReplace(open, store, table, options.history);
      }
    },
  };
};

/** The keys that somebody else wrote in between, with their events. */
const foldAndReplace = async (
  open: ReadonlyMap<string, HandledEvent[]>,
  store: ViewStore,
  table: ViewTable,
  history: HandledUpdaterOptions<unknown>["history"],
): Promise<Map<string, HandledEvent[]>> => {
  const rows = await store.load(table, [...open.keys()]);
  const folded = await Promise.all([...open].map(([key, events]) => fold(key, events, rows.get(key), table, history)));
  const changes = folded.filter((change) => change !== undefined);
  const written = await store.replace(table, changes);
  return new Map(
    changes
      .filter((_, i) => written[i] !== true)
      .map(({ key }): [string, HandledEvent[]] => [key, open.get(key) ?? []]),
  );
};

/** The row after the events that are newer than it; `undefined` when none is. */
const fold = async (
  key: string,
  events: readonly HandledEvent[],
  stored: StoredRow | undefined,
  table: ViewTable,
  history: HandledUpdaterOptions<unknown>["history"],
): Promise<RowChange | undefined> => {
  const expected = stored?.at ?? new Map<string, Position>();
  const at = new Map(expected);
  let row = stored?.row;
  let isChanged = false;

  const take = async (event: HandledEvent): Promise<void> => {
    const position = positionOf(event);
    if (!isNewer(position, at.get(event.source))) return;
    row = rowAfter(row, await event.update(row, key), table);
    at.set(event.source, position);
    isChanged = true;
  };

  for (const event of events) {
    if (hasMissed(event, at.get(event.source))) {
      const until = positionOf(event);
      for await (const earlier of history(event)) if (isNewer(until, positionOf(earlier))) await take(earlier);
    }
    await take(event);
  }
  return isChanged ? { key, expected, at, row: row && withFirstNames(table.row, row) } : undefined;
};

/** Whether the event's predecessor is newer than what the row has of its source. */
const hasMissed = (event: HandledEvent, present: Position | undefined): boolean => {
  if (event.previous === undefined || !isNewer(positionOf(event), present)) return false;
  return isNewer(positionOf({ ...event, sequence: event.previous }), present);
};

const rowAfter = (row: Message | undefined, effect: RowEffect, table: ViewTable): Message | undefined => {
  switch (effect?.kind) {
    case "staged":
      return effect.state;
    case "ignore":
      return row;
    case "error":
      throw new MeshError("HANDLER_ERROR", effect.text, { status: effect.status, fields: effect.fields });
    default:
      throw noEffect(`table "${table.id}"`, "updateState, deleteState, ignore or error");
  }
};
