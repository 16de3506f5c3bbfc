import type { PendingMessage } from "../ports.ts";

/**
 * Messages that are published and not yet forgotten in the store, by entity. They are forgotten with the key's next
 * change, which costs nothing; or, where none is under way, by a write of their own that nobody waits for.
 */
export type Published = {
  /** The messages of the key up to this sequence are published. Called with its turn. */
  note(key: string, through: string): void;
  has(key: string): boolean;
  /** Those that are not known to be published. */
  without(key: string, pending: readonly PendingMessage[]): readonly PendingMessage[];
  /** The store has forgotten them. */
  forget(key: string): void;
  /** Resolves when the store has forgotten all of no busy key, or was told to in vain. */
  settle(): Promise<void>;
};

export type PublishedOptions = {
  /** Whether a unit has the key's turn: it may be about to forget them. */
  readonly isBusy: (key: string) => boolean;
  readonly onError: (key: string, error: unknown) => void;
};

/** So long they may wait for the key's next change: until then that write would hold up what the messages lead to. */
const clearAfterMs = 100;
/** A key whose turn is taken is looked at again after this time: its unit may end without a change. */
const againAfterMs = 20;

type Note = { readonly through: string; isClearing: boolean };

export const createPublished = (
  clear: (key: string, through: string) => Promise<void>,
  { isBusy, onError }: PublishedOptions,
): Published => {
  const notes = new Map<string, Note>();
  const clearing = new Set<Promise<void>>();
  let isSweeping = false;

  /** What is not cleared is published again, by the key's next change or a relay: it needs no second try here. */
  const clearOne = async (key: string, note: Note): Promise<void> => {
    note.isClearing = true;
    await clear(key, note.through).catch((error: unknown) => onError(key, error));
    if (notes.get(key) === note) notes.delete(key);
  };

  const sweep = (): void => {
    isSweeping = false;
    for (const [key, note] of notes) {
      if (note.isClearing) continue;
      if (!isBusy(key)) {
        const work = clearOne(key, note).finally(() => clearing.delete(work));
        clearing.add(work);
      } else if (!isSweeping) {
        isSweeping = true;
        setTimeout(sweep, againAfterMs).unref();
      }
    }
  };

  return {
    note(key, through) {
      notes.set(key, { through, isClearing: false });
      if (isSweeping) return;
      isSweeping = true;
      setTimeout(sweep, clearAfterMs).unref();
    },
    has: (key) => notes.has(key),
    without(key, pending) {
      const last = notes.get(key)?.through;
      return last === undefined ? pending : pending.filter(({ sequence }) => sequence > last);
    },
    forget: (key) => void notes.delete(key),
    async settle() {
      sweep();
      await Promise.all(clearing);
    },
  };
};
