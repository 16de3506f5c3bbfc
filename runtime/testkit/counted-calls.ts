import type { ClientMiddleware } from "nice-grpc";
import type { Activity } from "./activity.ts";

/** Calls that are answered once are activity until they are; a stream may stay open as long as it likes. */
export const countCalls = (activity: Activity): ClientMiddleware =>
  async function* counted(call, options) {
    const { path, requestStream, responseStream } = call.method;
    if (requestStream || responseStream) return yield* call.next(call.request, options);
    let end = (): void => {};
    const answered = new Promise<void>((resolve) => {
      end = resolve;
    });
    const counting = activity.during(`a call of ${path}`, answered);
    try {
      return yield* call.next(call.request, options);
    } finally {
      end();
      await counting;
    }
  };
