import type { CleanupPolicy } from "../../ports.ts";

const day = 24 * 3_600_000;
const minute = 60_000;
const defaultRetentionMs = 7 * day;

type Entry = { readonly name: string; readonly value: string };

const entries = (settings: Readonly<Record<string, string | number>>): Entry[] =>
  Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));

/** Retention works on closed segments only: one that stays open keeps what is long past its time. */
const segmentFor = (retentionMs: number): number => Math.min(7 * day, Math.max(minute, Math.floor(retentionMs / 4)));

const policySettings = (policy: CleanupPolicy): Readonly<Record<string, string | number>> =>
  policy === "compact"
    ? {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": 10 * minute,
        "delete.retention.ms": 7 * day,
        "segment.ms": day,
      }
    : {
        "cleanup.policy": "delete",
        "retention.ms": policy.deleteAfterMs,
        "segment.ms": segmentFor(policy.deleteAfterMs),
      };

/** The settings a topic is created with. */
export const newTopicSettings = (
  policy: CleanupPolicy = { deleteAfterMs: defaultRetentionMs },
  replication: number,
): Entry[] =>
  entries({
    ...policySettings(policy),
    // The port gives append times, by the broker's clock alone.
    "message.timestamp.type": "LogAppendTime",
    ...(replication >= 3 ? { "min.insync.replicas": 2 } : {}),
  });

/** The settings that decide whether an existing topic will do. */
export const judgedSettings = ["cleanup.policy", "message.timestamp.type", "min.insync.replicas"] as const;

/** What an existing topic is like. */
export type TopicFacts = {
  readonly cleanup: string;
  readonly timestamps: string;
  readonly minInSync: number;
};

export const factsOf = (
  configEntries: readonly { readonly configName: string; readonly configValue: string }[],
): TopicFacts => {
  const value = (name: (typeof judgedSettings)[number]): string =>
    configEntries.find(({ configName }) => configName === name)?.configValue ?? "";
  return {
    cleanup: value("cleanup.policy"),
    timestamps: value("message.timestamp.type"),
    minInSync: Number(value("min.insync.replicas")),
  };
};

/** Whether records may be lost, or kept for ever, because the topic was made for something else. */
export const isMismatch = ({ cleanup }: TopicFacts, policy: CleanupPolicy | undefined): boolean =>
  policy !== undefined && cleanup !== (policy === "compact" ? "compact" : "delete");

/** `compact,delete` takes no record without a key either. */
export const needsKeys = ({ cleanup }: TopicFacts): boolean => cleanup.includes("compact");
