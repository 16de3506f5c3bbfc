import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

type Schedule = (this: RequestQueue) => void;

let repaired: Schedule | undefined;

/**
 * kafkajs 2.2.4 looks for waiting requests on every connection a thousand times a second, also when there are none: it
 * sets a timer of negative length, of which Node makes a millisecond (newer versions with a TimeoutNegativeWarning), and
 * sets it anew when it fires. Where nothing waits, nothing needs to be looked for.
 */
export const stopIdleTimers = (): void => {
  if (RequestQueue.prototype.scheduleCheckPendingRequests === repaired) return;
  const schedule: Schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  repaired = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
  RequestQueue.prototype.scheduleCheckPendingRequests = repaired;
};
