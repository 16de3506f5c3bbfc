import kafkajs from "kafkajs";
import { MeshError } from "../../errors.ts";

// kafkajs is CommonJS, and Node does not find the names of these in it.
const { KafkaJSDeleteGroupsError } = kafkajs;

const hopeless: ReadonlySet<string> = new Set([
  "CLUSTER_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "INCONSISTENT_GROUP_PROTOCOL",
  "INVALID_GROUP_ID",
  "INVALID_TOPIC_EXCEPTION",
  "KafkaJSNotImplemented",
  "KafkaJSServerDoesNotSupportApiKey",
  "SASL_AUTHENTICATION_FAILED",
  "TOPIC_AUTHORIZATION_FAILED",
  "UNSUPPORTED_VERSION",
]);

/** Type and name of an error and of what caused it; kafkajs wraps the broker's answer several times. */
function* labels(error: unknown): Generator<string> {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ("type" in at && typeof at.type === "string") yield at.type;
    yield at.name;
  }
}

const hasLabel = (error: unknown, isWanted: (label: string) => boolean): boolean => {
  for (const label of labels(error)) if (isWanted(label)) return true;
  return false;
};

/** Whether trying again cannot help: no right, no such protocol, or a decision of our own. */
export const isHopeless = (error: unknown): boolean =>
  error instanceof MeshError || hasLabel(error, (label) => hopeless.has(label));

export const isUnknownTopic = (error: unknown): boolean =>
  hasLabel(error, (label) => label === "UNKNOWN_TOPIC_OR_PARTITION");

export const isOutOfRange = (error: unknown): boolean => hasLabel(error, (label) => label === "OFFSET_OUT_OF_RANGE");

export const isTopicThere = (error: unknown): boolean => hasLabel(error, (label) => label === "TOPIC_ALREADY_EXISTS");

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The error as it leaves the adapter. */
export const busUnavailable = (what: string, cause: unknown): MeshError =>
  cause instanceof MeshError ? cause : new MeshError("BUS_UNAVAILABLE", `${what}: ${textOf(cause)}`, { cause });

export const noSuchTopic = (topic: string): MeshError =>
  new MeshError("INVALID_RECORD", `topic "${topic}" does not exist; declare it in an eventing annotation`);

export const topicRecreated = (topic: string, partition: number, position: bigint, end: bigint): MeshError =>
  new MeshError(
    "TOPIC_RECREATED",
    `position ${position} of "${topic}"/${partition} lies beyond its end, ${end}: the topic was created anew or has lost records; reset what was read from it, or restore it`,
  );

/** What became of each group that was to be deleted: one that is not there is as good as deleted, one in use stays. */
export const ignoreUnknownGroup = (error: unknown): void => {
  if (!(error instanceof KafkaJSDeleteGroupsError)) throw error;
  for (const { groupId, error: reason } of error.groups) {
    if (hasLabel(reason, (label) => label === "GROUP_ID_NOT_FOUND")) continue;
    const isInUse = hasLabel(reason, (label) => label === "NON_EMPTY_GROUP");
    throw isInUse ? new MeshError("BUS_UNAVAILABLE", `the group "${groupId}" has members`) : reason;
  }
};
