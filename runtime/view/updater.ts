import type { Message } from "../codec.ts";
import { positionOf, type RecordPlace } from "./position.ts";
import { rowKeyOf } from "./row-key.ts";
import type { ViewStore, ViewTable, ViewWrite } from "./store.ts";

/** A consumed record of a view's source, decoded. */
export type ViewEvent = RecordPlace & {
  /** The topic it was read from: positions are compared within one source. */
  readonly source: string;
  readonly subject: string | undefined;
  readonly recordKey: string | undefined;
  /** `undefined` deletes the row. */
  readonly message: Message | undefined;
};

/** Keeps a table in step with its sources. */
export type Updater = {
  /**
   * Resolves when every event is in the table, or was found to be older than what is. The whole call is one
   * write; concurrent calls share one. A terminal MeshError means an event that no retry will make a row of.
   */
  apply(events: readonly ViewEvent[]): Promise<void>;
};

export type UpdaterOptions = {
  readonly store: ViewStore;
  readonly table: ViewTable;
  /** Key fields of the row message. */
  readonly keyFields: readonly string[];
};

/** The updater of a table whose rows are the messages of its source. */
export const createUpdater = ({ store, table, keyFields }: UpdaterOptions): Updater => ({
  async apply(events) {
    if (events.length > 0)
      await store.write(
        table,
        events.map((event) => writeOf(event, keyFields)),
      );
  },
});

/** The change of one row that an event stands for. */
export const writeOf = (event: ViewEvent, keyFields: readonly string[]): ViewWrite => ({
  key: rowKeyOf(event, keyFields),
  source: event.source,
  position: positionOf(event),
  row: event.message,
});
