/** A small text that several processes change, each only what it has read. */
export type Note = {
  /** 0 for a note that does not exist. */
  readonly revision: bigint;
  readonly text: string;
};

/** Notes by id: what the runtime remembers of its own work, beside the entities. */
export type NoteStore = {
  load(id: string): Promise<Note | undefined>;
  /** Writes over the revision that was read (0: none was there) and raises it, or tells of a conflict. */
  save(id: string, expectedRevision: bigint, text: string): Promise<"saved" | "conflict">;
  /** All notes whose ids begin so, in order of their ids. */
  list(prefix: string): Promise<ReadonlyMap<string, Note>>;
  /** Deletes a note of this revision, or tells of a conflict. */
  drop(id: string, expectedRevision: bigint): Promise<"dropped" | "conflict">;
};
