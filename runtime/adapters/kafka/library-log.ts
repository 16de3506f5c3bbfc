import { type logCreator, logLevel } from "kafkajs";
import type { Log } from "../../log.ts";

/**
 * What goes wrong inside kafkajs it throws as well, or answers with another try: we log that where it is caught, once
 * and with its consequence. Only of these does it tell nobody else.
 */
const toldToNobody =
  /^(Offset out of range|Response without match|Consumer group received unsubscribed topics|Failed to execute listener)/;

/**
 * kafkajs's log in ours. Its warnings are normal life: a broker that does not know a new topic's leader yet ("There is
 * no leader for this topic-partition", "This server is not the leader"), a coordinator that is loading, a group that
 * rebalances, a producer whose tries are limited on purpose. They are there at level debug.
 */
export const libraryLog =
  (log: Log): logCreator =>
  () =>
  ({ namespace, level, log: { message, timestamp: _, ...fields } }) => {
    const isNews = level <= logLevel.WARN && toldToNobody.test(message);
    const write = isNews ? log.warn.bind(log) : log.debug.bind(log);
    write({ client: "kafkajs", namespace, ...fields }, message);
  };
