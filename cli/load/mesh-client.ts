import type { Outcome } from "./outcome.ts";
import type { Said } from "./said.ts";
import type { Row } from "./verdict.ts";

/** One heartbeat to send. */
export type Beat = {
  readonly userId: string;
  readonly deviceId: string;
  readonly said: Said;
  /** The version of the rider's last reply. */
  readonly version: bigint;
  /** Which run of the rider's client speaks, and its number of this beat; without them the device as a whole does. */
  readonly sessionId?: string;
  readonly sequence?: bigint;
};

/** The mesh as a rider sees it. Connections are made when needed and again after they broke. */
export type MeshClient = {
  /** Never rejects: what went wrong is part of the outcome. */
  beat(beat: Beat, deadlineMs: number): Promise<Outcome>;
  /** Every device the view knows. Rejects when the view does not answer in time. */
  users(deadlineMs: number): Promise<readonly Row[]>;
  close(): void;
};
