/** What is stored of one identity of a view's table: what belongs to it, and when somebody last used it. */
export type IdentityNote = {
  /** The stored table. */
  readonly id: string;
  /** Consumer groups that feed it. */
  readonly groups: readonly string[];
  /** Notes about scans of entities for it. */
  readonly scans: readonly string[];
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  /** What its rows are made of before any query is answered; `undefined` when all of that is read. */
  readonly filling: readonly TopicEnd[] | undefined;
  /** Since when it is being dropped; nobody may use it until it is gone. */
  readonly droppingSince: number | undefined;
};

/** Where a partition of a topic ended when the identity was new, as decimal text; never 0. */
export type TopicEnd = { readonly topic: string; readonly partition: number; readonly end: string };

/** The notes of all identities of a view's table begin so. */
export const identityPrefix = (service: string, table: string): string => `view/${service}/${table}/`;

export const readIdentity = (text: string): IdentityNote => {
  const { droppingSince, filling, ...note } = JSON.parse(text) as IdentityNote;
  return { ...note, filling, droppingSince };
};

export const writeIdentity = (note: IdentityNote): string => JSON.stringify(note);
