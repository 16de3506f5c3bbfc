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
  /** Since when it is being dropped; nobody may use it until it is gone. */
  readonly droppingSince: number | undefined;
};

/** The notes of all identities of a view's table begin so. */
export const identityPrefix = (service: string, table: string): string => `view/${service}/${table}/`;

export const readIdentity = (text: string): IdentityNote => {
  const { droppingSince, ...note } = JSON.parse(text) as IdentityNote;
  return { ...note, droppingSince };
};

export const writeIdentity = (note: IdentityNote): string => JSON.stringify(note);
