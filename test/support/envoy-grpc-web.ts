import type { Message, MessageFns } from "../../runtime/codec.ts";
import { decodeMessage, encodeMessage } from "../../runtime/codec.ts";
import { http } from "./http.ts";

export type WebReply<T> = { readonly message: T | undefined; readonly trailers: Readonly<Record<string, string>> };

const trailerFlag = 0x80;

const frame = (bytes: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

// Each part that the server sent was encoded alone, with padding of its own.
const decodeText = (text: string): Buffer =>
  Buffer.concat((text.match(/[^=]+={0,2}/g) ?? []).map((part) => Buffer.from(part, "base64")));

const readTrailers = (text: string): Record<string, string> => {
  const lines = text.split("\r\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
};

/** One unary gRPC-Web call, framed by hand as the protocol says; `text` is the base64 form that old browsers need. */
export const grpcWeb = async <In extends Message, Out extends Message>(
  call: { readonly port: number; readonly method: string; readonly text?: boolean },
  types: { readonly requestType: MessageFns<In>; readonly responseType: MessageFns<Out> },
  request: In,
): Promise<WebReply<Out>> => {
  const framed = frame(encodeMessage(types.requestType, request));
  const contentType = call.text ? "application/grpc-web-text+proto" : "application/grpc-web+proto";
  const reply = await http({
    port: call.port,
    method: "POST",
    path: `/${call.method}`,
    headers: { "content-type": contentType, accept: contentType, "x-grpc-web": "1" },
    body: call.text ? framed.toString("base64") : framed,
  });
  const bytes = call.text ? decodeText(reply.text) : reply.bytes;
  let message: Out | undefined;
  // An error without a message has its status in the headers.
  let trailers: Record<string, string> = {
    "grpc-status": String(reply.headers["grpc-status"] ?? ""),
    "grpc-message": String(reply.headers["grpc-message"] ?? ""),
  };
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    const content = bytes.subarray(at + 5, end);
    if (bytes.readUInt8(at) === trailerFlag) trailers = readTrailers(content.toString("utf8"));
    else message = decodeMessage(types.responseType, content);
    at = end;
  }
  return { message, trailers };
};
