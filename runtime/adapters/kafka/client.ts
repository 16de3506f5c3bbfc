import { connect as dial } from "node:net";
import { connect as dialTls } from "node:tls";
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, logLevel } from "kafkajs";
import type { Log } from "../../log.ts";
import { installRecordDecoder } from "./record-decoder.ts";
import { installRecordEncoder } from "./record-encoder.ts";
import { stopIdleTimers } from "./request-queue.ts";

/** What every connection to the cluster is made with. */
export type KafkaClient = {
  readonly kafka: Kafka;
  readonly config: KafkaConfig & { readonly brokers: string[]; readonly socketFactory: ISocketFactory };
  readonly log: Log;
};

/** kafkajs leaves Nagle's algorithm on, which holds back a small request behind an unanswered one. */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl ? dialTls({ host, port, servername: host, ...ssl }, onConnect) : dial({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, 60_000);
};

/** A library's error is ours to judge, where it is caught: in the log it is a warning at most. */
const logInto =
  (log: Log): logCreator =>
  () =>
  ({ namespace, level, log: { message, timestamp: _, ...fields } }) => {
    const write = level <= logLevel.WARN ? log.warn.bind(log) : log.debug.bind(log);
    write({ client: "kafkajs", namespace, ...fields }, message);
  };

export type ClientOptions = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly log: Log;
};

export const createClient = ({ brokers, clientId, requestTimeoutMs, log }: ClientOptions): KafkaClient => {
  stopIdleTimers();
  installRecordEncoder();
  installRecordDecoder();
  const config = {
    brokers: [...brokers],
    clientId,
    socketFactory,
    connectionTimeout: 2000,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 4 },
    logLevel: logLevel.INFO,
    logCreator: logInto(log),
  };
  return { kafka: new Kafka(config), config, log };
};
