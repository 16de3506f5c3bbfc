/** How long a caller wants to be held online by its beat; the profile bounds it. */
export type LeaseWish = { readonly ttlMs?: number | undefined; readonly isBackground?: boolean | undefined };

/** A client's own count of what it sends, and of what session. */
export type ClientOrder = { readonly sessionId?: string | undefined; readonly sequence?: bigint | undefined };

export type LeaseTerms = {
  /** Milliseconds since the epoch. */
  readonly leaseUntil: number;
  readonly nextBeatMs: number;
};

/** The lease of the key whose command a handler runs. */
export type Lease = {
  /** Why the runtime runs the command by itself; `undefined` for a caller's. */
  readonly cause: "lapse" | "reassert" | undefined;
  /** Of a command of the runtime's own: when the key was last heard of. */
  readonly lastBeatAt: number | undefined;
  /** The caller is there. Holds whether or not the handler changes the value. */
  extend(wish: LeaseWish & ClientOrder): LeaseTerms;
  /** The caller says that it goes; only a beat of the same session with a higher sequence undoes that. */
  end(order: ClientOrder): void;
  /** The session has sent this, or something later, before: it must have no effect. */
  isOld(order: ClientOrder): boolean;
};
