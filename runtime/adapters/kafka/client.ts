import { connect as dial } from "node:net";
import { connect as dialTls } from "node:tls";
import { type ISocketFactory, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import type { Log } from "../../log.ts";
import { libraryLog } from "./library-log.ts";
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
    logCreator: libraryLog(log),
  };
  return { kafka: new Kafka(config), config, log };
};
