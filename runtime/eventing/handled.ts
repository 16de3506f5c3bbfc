/** What became of records that were handled as one. */
export type Handled = {
  /** How many from the front are done. */
  readonly done: number;
  /** What the next one failed with, when it was tried: its handler need not be called again to know. */
  readonly failure?: { readonly reason: unknown } | undefined;
};
