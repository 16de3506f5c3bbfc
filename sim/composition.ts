import { changed } from "./changed.ts";
import type { Composition } from "./node.ts";

export const plantedBugs = ["no fence", "reply before publish", "expiry by one alone"] as const;

export type PlantedBug = (typeof plantedBugs)[number];

const asItIs: Composition = { protocol: (real) => real, host: (real) => real };

/** The protocol as it is, or with a mistake planted around it; the code under test knows nothing of them. */
export const compositionOf = (bug: PlantedBug | undefined): Composition => {
  switch (bug) {
    case undefined:
      return asItIs;
    case "no fence":
      return {
        ...asItIs,
        protocol: (real) =>
          changed(real, {
            refusal(now) {
              const reason = real.refusal(now);
              return reason?.includes("does not hear") ? undefined : reason;
            },
          }),
      };
    case "reply before publish":
      return {
        ...asItIs,
        host: (real) =>
          changed(real, {
            async commit(commit) {
              real.commit(commit).catch(() => undefined);
              return undefined;
            },
          }),
      };
    case "expiry by one alone":
      return {
        ...asItIs,
        protocol: (real, name) =>
          changed(real, {
            // As if the others had gone, with all their beats told: nobody's coverage counts but the replica's own.
            readRecord: (offset, appendedAt, record, now) =>
              real.readRecord(
                offset,
                appendedAt,
                { ...record, isLeaving: record.isLeaving || record.replica !== name },
                now,
              ),
          }),
      };
  }
};
