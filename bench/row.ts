import type { Engines } from "./engines.ts";
import type { Paired } from "./ratio.ts";

/** One line of a row's table. */
export type Figure = Paired & {
  readonly name: string;
  readonly better: "more" | "less";
  /** The ratio that has to be reached; without one the figure only explains. */
  readonly bar?: number;
};

export type Bench = {
  /** Where the compiled processes are. */
  readonly processes: string;
  readonly profileFolder: string | undefined;
  /** Started when first asked for, and ended with the bench. */
  readonly engines: () => Promise<Engines>;
};

/** One comparison of ours with the simplest correct thing. */
export type Row = {
  /** As given on the command line. */
  readonly name: string;
  readonly what: string;
  readonly against: string;
  measure(bench: Bench): Promise<readonly Figure[]>;
};
