import type { MeshClient } from "../cli/load/mesh-client.ts";
import type { Random } from "../cli/load/random.ts";
import type { Ports } from "../runtime/ports.ts";
import type { LeaseProfile } from "../runtime/replicated/lease-profile.ts";
import type { Part } from "../test/support/mesh-part.ts";
import type { Ride } from "./run-round.ts";

/** What a fault happens to, with everything running. */
export type Stage = {
  /** How long a beat holds a rider online. */
  readonly profile: LeaseProfile;
  /** No call may fail, whatever happens. */
  readonly isSeamless?: boolean;
  /** How the riders reach it. The caller closes the client. */
  connect(random: Random): MeshClient;
  /** `host:port` of a view-svc that the fault leaves alone, or that is back after it. */
  readonly view: string;
  /** Makes the fault; gives the processes it was made to. */
  begin(random: Random): Promise<readonly Part[]>;
  /** Lasts as long as the fault does, and resolves when what it took away is there again. */
  mend(random: Random): Promise<void>;
  /** Looks into the engines; the embedded store is looked into while nothing else has it. */
  inspect<T>(work: (ports: Ports) => Promise<T>): Promise<T>;
  /** Processes that have ended without having been asked to. */
  died(): readonly string[];
  close(): Promise<void>;
};

/** One kind of fault. */
export type Fault = {
  readonly name: string;
  /** What happens, as the list of faults tells it. */
  readonly what: string;
  /** Where the riders behave otherwise than in most rounds. */
  readonly ride?: Partial<Ride>;
  /** Starts all that it needs, in a folder of its own. */
  open(folder: string): Promise<Stage>;
};
