import type { ServerHttp2Stream } from "node:http2";
import type { PartialStatusObject } from "@grpc/grpc-js/build/src/call-interface.js";
import { BaseServerInterceptingCall } from "@grpc/grpc-js/build/src/server-interceptors.js";
import type { Message } from "../codec.ts";
import { Status } from "../status.ts";
import { headBytes, type Serializer } from "./serializer.ts";

/** What is used of a call of grpc-js beyond its public type. The version is pinned. */
type Call = {
  readonly stream: ServerHttp2Stream;
  readonly handler: {
    readonly type: string;
    readonly serialize: Partial<Serializer>;
    deserialize(bytes: Buffer): unknown;
  };
  /** Counts for channelz, where that is on. */
  readonly callEventTracker: object | null;
  metadataSent: boolean;
  wantTrailers: boolean;
  checkCancelled(): boolean;
  notifyOnCancel(): void;
  maybePushNextMessage(): void;
  maybeSendMetadata(): void;
  decompressAndMaybePush(entry: Entry): Promise<void> | undefined;
  serializeMessage(message: Message): Buffer;
  sendStatus(status: PartialStatusObject): void;
};

/** A message that has come, with its head. */
type Entry = { type: string; readonly compressedMessage: Buffer; parsedMessage: unknown };

const call = BaseServerInterceptingCall.prototype as unknown as Call;
const { decompressAndMaybePush, maybeSendMetadata, sendStatus, serializeMessage } = call;

const headers = { ":status": 200, "content-type": "application/grpc+proto" };
const options = { waitForTrailers: true, sendDate: false };
const trailers = { "grpc-status": Status.OK };

/**
 * The one request of a call is read at once; what cannot be read, or is compressed, as ever. So are the requests of a
 * stream: read one by one they would each stop the stream and let it go on.
 */
function readLean(this: Call, entry: Entry): Promise<void> | undefined {
  const isLean = this.handler.type === "unary" && entry.compressedMessage[0] === 0;
  if (!isLean) return decompressAndMaybePush.call(this, entry);
  try {
    entry.parsedMessage = this.handler.deserialize(entry.compressedMessage.subarray(headBytes));
  } catch {
    return decompressAndMaybePush.call(this, entry);
  }
  entry.type = "READABLE";
  this.maybePushNextMessage();
  return undefined;
}

/** Encoded behind its head, where the serializer can. */
function serializeLean(this: Call, message: Message): Buffer {
  const { framed } = this.handler.serialize;
  return framed === undefined ? serializeMessage.call(this, message) : framed(message);
}

/** Headers for which no handler has asked. */
function sendLeanHeaders(this: Call): void {
  if (this.metadataSent || this.checkCancelled()) return;
  this.metadataSent = true;
  this.stream.respond(headers, options);
}

/** Of a call that went well, where no handler has asked for trailers. */
function sendLeanStatus(this: Call, status: PartialStatusObject): void {
  const isLean = status.code === Status.OK && !status.metadata && this.callEventTracker === null;
  if (!isLean || !this.metadataSent || this.wantTrailers) {
    sendStatus.call(this, status);
    return;
  }
  if (this.checkCancelled()) return;
  this.wantTrailers = true;
  this.stream.once("wantTrailers", () => {
    this.stream.sendTrailers(trailers);
    this.notifyOnCancel();
  });
  this.stream.end();
}

/**
 * Saves a small call about a tenth of what grpc-js spends on it: headers that no client needs, and a promise for what is
 * not compressed. Where a handler gives headers, trailers or an error, all is as it was. See docs/decisions/022.
 */
export const installLeanCalls = (): void => {
  if (call.sendStatus !== sendStatus) return;
  for (const method of [decompressAndMaybePush, maybeSendMetadata, sendStatus, serializeMessage]) {
    if (typeof method !== "function") throw new Error("grpc-js is not the version that lean-calls.ts was written for");
  }
  Object.assign(call, {
    decompressAndMaybePush: readLean,
    maybeSendMetadata: sendLeanHeaders,
    sendStatus: sendLeanStatus,
    serializeMessage: serializeLean,
  });
};
