// What is used of kafkajs beyond its public types: it has no consumer without a group, and timers that must be stopped.
// The version is pinned.

declare module "kafkajs/src/network/requestQueue/index.js" {
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }
}

declare module "kafkajs/src/cluster/index.js" {
  import type { ISocketFactory, KafkaConfig, Logger } from "kafkajs";

  export type PartitionMetadata = { readonly partitionId: number; readonly leader: number };

  export type ProtocolRequest<T> = {
    readonly request: object;
    readonly response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> };
  };

  export type Broker = {
    readonly connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> };
    leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  };

  export type PartitionOffsets = {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  };

  export default class Cluster {
    constructor(
      options: KafkaConfig & {
        logger: Logger;
        socketFactory: ISocketFactory;
        allowAutoTopicCreation: boolean;
        isolationLevel: number;
        metadataMaxAge: number;
      },
    );
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
    findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
    findBroker(node: { nodeId: number }): Promise<Broker>;
    fetchTopicsOffset(
      topics: readonly { topic: string; fromBeginning: boolean; partitions: readonly { partition: number }[] }[],
    ): Promise<readonly PartitionOffsets[]>;
  }
}

declare module "kafkajs/src/protocol/decoder.js" {
  export default class Decoder {
    constructor(buffer: Buffer);
    readonly buffer: Buffer;
    readonly offset: number;
    forward(size: number): void;
    readInt16(): number;
    readInt32(): number;
    readInt64(): bigint;
    readString(): string | null;
    readBytes(length: number): Buffer | null;
    readArray<T>(read: (decoder: Decoder) => T): T[];
    canReadBytes(length: number): boolean;
  }
}

declare module "kafkajs/src/errors.js" {
  export class KafkaJSPartialMessageError extends Error {}
}

declare module "kafkajs/src/protocol/message/compression/index.js" {
  /** `null` for a batch that is not compressed. */
  export function lookupCodecByAttributes(
    attributes: number,
  ): { readonly decompress: (bytes: Buffer) => Promise<Buffer> } | null;
}

declare module "kafkajs/src/consumer/filterAbortedMessages.js" {
  export default function filterAbortedMessages<T>(options: {
    messages: T[];
    abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  }): T[];
}

declare module "kafkajs/src/protocol/requests/fetch/v10/request.js" {
  export default function fetchRequest(options: {
    replicaId: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): object;
}

declare module "kafkajs/src/protocol/error.js" {
  export function createErrorFromCode(code: number): Error;
}
