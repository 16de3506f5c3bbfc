import type { CallContext } from "../component/context.ts";

const never = new AbortController().signal;

/** Of a command that the runtime runs by itself: such a caller does not go away. */
export const ownContext = (now: () => number): CallContext => ({
  signal: never,
  deadline: undefined,
  isCancelled: false,
  header: () => undefined,
  headers: {},
  cloudEvent: undefined,
  now,
});
