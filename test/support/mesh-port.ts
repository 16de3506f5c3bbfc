import { randomInt } from "node:crypto";
import { isTaken } from "../../engines/kafka/probe.ts";

// Below the ports that the system gives to outgoing connections: while a server is down, one of those, even one
// to that very port, could take it.
const lowest = 10_000;
const highest = 32_000;

/** The first of some ports in a row that nothing listens on now. */
export const freePortsInARow = async (count = 1): Promise<number> => {
  for (;;) {
    const first = randomInt(lowest, highest);
    const taken = await Promise.all(Array.from({ length: count }, (_, i) => isTaken(first + i)));
    if (!taken.includes(true)) return first;
  }
};
