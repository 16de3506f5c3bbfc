import { MeshError } from "../errors.ts";
import { within } from "../within.ts";

/** How long a command waits for its turn and what the store gives it, together: as long as a call to the store. */
export const storeWaitMs = 5000;
const leastLoadMs = 500;

/**
 * What the store gives, in the time that waiting for the turn has left: who has waited behind commands that a silent
 * store held up is not made to wait for it as long once more.
 */
export const loadInTime = async <T>(key: string, waitedMs: number, load: () => Promise<T>): Promise<T> => {
  if (waitedMs === 0) return load();
  const leftMs = Math.max(storeWaitMs - waitedMs, leastLoadMs);
  const loaded = await within(
    leftMs,
    load().then((value) => ({ value })),
  );
  if (loaded !== undefined) return loaded.value;
  throw new MeshError("STORE_UNAVAILABLE", `"${key}" could not be read in time; try again`, { retryAfterMs: 1000 });
};
