import { MeshError } from "./errors.ts";
import type { EntityStore, EventBus, ViewStore } from "./ports.ts";

const refuse = async (): Promise<never> => {
  throw new MeshError("HANDLER_FAILED", "an engine is used that nothing in the application was seen to need");
};

const refuseAll = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) });

const close = async (): Promise<void> => {};

/** In place of an event log that the application does not need: whatever is asked of it fails. */
export const unopenedBus: EventBus = {
  ensureTopics: async (topics) => (topics.length === 0 ? undefined : refuse()),
  publish: async (records) => (records.length === 0 ? undefined : refuse()),
  subscribe: refuse,
  follow: refuse,
  endOffsets: refuse,
  unread: refuse,
  holdsAll: refuse,
  forgetGroup: refuse,
  close,
};

/** In place of a store of entities. */
export const unopenedEntities: EntityStore = {
  open: async (types) => (types.length === 0 ? undefined : refuse()),
  load: refuse,
  save: refuse,
  clearPending: refuse,
  pending: refuseAll,
  toWake: refuse,
  scan: refuseAll,
  journal: {
    open: async (types) => (types.length === 0 ? undefined : refuse()),
    read: refuse,
    append: refuse,
    clearPending: refuse,
    pending: refuseAll,
    history: refuseAll,
    scan: refuseAll,
  },
  notes: { load: refuse, save: refuse, list: refuse, drop: refuse },
  ping: refuse,
  close,
};

/** In place of a store of views. */
export const unopenedViews: ViewStore = {
  open: refuse,
  prepare: refuse,
  drop: refuse,
  write: refuse,
  load: refuse,
  replace: refuse,
  find: refuseAll,
  page: refuse,
  count: refuse,
  explain: refuse,
  follow: refuse,
  ping: refuse,
  close,
};
