import { fieldOf, type Message } from "../../runtime/codec.ts";
import { eventually } from "./eventually.ts";

/** A stream that is read as it comes, or one by one. */
export type Watching = {
  /** `ENTER k`, `SYNCED`, … as they came. */
  readonly told: string[];
  readonly messages: Message[];
  /** How the stream ended. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
};

/** Reads a live query's envelopes until it is stopped. */
export const startWatching = (open: (signal: AbortSignal) => AsyncIterable<Message>): Watching => {
  const controller = new AbortController();
  const told: string[] = [];
  const messages: Message[] = [];
  const read = async (): Promise<void> => {
    for await (const message of open(controller.signal)) {
      messages.push(message);
      told.push(`${String(fieldOf(message, "change"))} ${String(fieldOf(message, "key"))}`.trim());
    }
  };
  const ended = read().then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    told,
    messages,
    ended,
    async stop() {
      controller.abort();
      await ended;
    },
  };
};

/** Waits until the stream has told at least so many things. */
export const untilTold = ({ told }: Pick<Watching, "told">, count: number): Promise<void> =>
  eventually(() => {
    if (told.length < count) throw new Error(`told ${told.join(", ")}; ${count} were expected`);
  }, 15_000);
