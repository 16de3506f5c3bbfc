import type { MeshClient } from "../cli/load/mesh-client.ts";
import { isSameSaid, type Said } from "../cli/load/said.ts";
import { timeOf } from "../runtime/entity/version-clock.ts";

/** What was acknowledged to one device, in order. */
type Testimony = {
  readonly modified: bigint[];
  last: { readonly version: bigint; readonly said: Said } | undefined;
  /** A beat since then had an unknown outcome. */
  isUnsure: boolean;
};

/** One heartbeat of a device, by this machine's clock. */
export type SentBeat = {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly isOnline: boolean;
  readonly isAcknowledged: boolean;
};

/** Stands between the riders and the mesh, and remembers what was promised. */
export type Witness = {
  readonly client: MeshClient;
  /** The versions of all acknowledged changes, by entity key. */
  readonly acknowledged: () => ReadonlyMap<string, readonly bigint[]>;
  /** Every beat that has ended, by entity key, in the order in which they were sent. */
  readonly beats: () => ReadonlyMap<string, readonly SentBeat[]>;
  /** Replies that contradict earlier ones. */
  readonly contradictions: readonly string[];
};

/** What a beat was told, and when it was sent. */
type Reply = { readonly version: bigint; readonly isModified: boolean; readonly askedAt: number };

export const createWitness = (mesh: MeshClient): Witness => {
  const testimonies = new Map<string, Testimony>();
  const contradictions: string[] = [];
  const beats = new Map<string, SentBeat[]>();

  const testimonyOf = (key: string): Testimony => {
    const testimony = testimonies.get(key) ?? { modified: [], last: undefined, isUnsure: false };
    testimonies.set(key, testimony);
    return testimony;
  };

  const judge = (key: string, testimony: Testimony, said: Said, reply: Reply): void => {
    const { version, isModified, askedAt } = reply;
    const { last, isUnsure } = testimony;
    if (last === undefined) return;
    if (version < last.version) contradictions.push(`${key}: replied version ${version} after ${last.version}`);
    if (isUnsure) return;
    const isSame = isSameSaid(said, last.said);
    if (isSame && isModified)
      contradictions.push(`${key}: unchanged since ${last.version}, called modified ${version}`);
    // Envoy sends a call again whose outcome it does not know: then the change that stands is that of the same call.
    if (!isSame && !isModified && timeOf(version) < askedAt)
      contradictions.push(`${key}: changed since ${last.version}, called unchanged ${version}`);
  };

  return {
    contradictions,
    beats: () => beats,
    acknowledged: () => new Map([...testimonies].map(([key, { modified }]) => [key, modified])),
    client: {
      ...mesh,
      async beat(beat, deadlineMs) {
        const sentAt = Date.now();
        const outcome = await mesh.beat(beat, deadlineMs);
        const key = `${beat.userId}/${beat.deviceId}`;
        const { isOnline } = beat.said;
        const sent = { sentAt, endedAt: Date.now(), isOnline, isAcknowledged: outcome.kind === "acknowledged" };
        const before = beats.get(key);
        if (before === undefined) beats.set(key, [sent]);
        else before.push(sent);
        const testimony = testimonyOf(key);
        if (outcome.kind === "unknown") testimony.isUnsure = true;
        if (outcome.kind === "acknowledged") {
          const { version, isModified } = outcome;
          judge(key, testimony, beat.said, { version, isModified, askedAt: sentAt });
          if (isModified) testimony.modified.push(version);
          testimony.last = { version, said: beat.said };
          testimony.isUnsure = false;
        }
        return outcome;
      },
    },
  };
};
