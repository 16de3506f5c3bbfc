import type { MessageFns } from "../../../runtime/codec.ts";

/** A unary method of a generated definition. */
export type UnaryMethod<I extends object, O extends object> = {
  readonly name: string;
  readonly requestType: MessageFns<I>;
  readonly responseType: MessageFns<O>;
};

const headBytes = 5;
const isTrailer = 0x80;

/** A body of gRPC-Web: one byte of flags, four of length, the message. */
const framed = (message: Uint8Array): Uint8Array<ArrayBuffer> => {
  const frame = new Uint8Array(headBytes + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, headBytes);
  return frame;
};

const readTrailers = (bytes: Uint8Array): Headers => {
  const lines = new TextDecoder().decode(bytes).split("\r\n").filter(Boolean);
  return new Headers(lines.map((line): [string, string] => [line.replace(/:.*/, ""), line.replace(/^[^:]*:/, "")]));
};

/** One unary gRPC-Web call, with nothing but what a browser has. Rejects when the status is not OK. */
export const callUnary = async <I extends object, O extends object>(
  origin: string,
  service: { readonly fullName: string },
  method: UnaryMethod<I, O>,
  request: I,
): Promise<O> => {
  const reply = await fetch(`${origin}/${service.fullName}/${method.name}`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
    body: framed(method.requestType.encode(request).finish()),
  });
  const body = await reply.arrayBuffer();
  // A call that failed at once has its status among the headers.
  let status = reply.headers;
  let message: O | undefined;
  for (let at = 0; at < body.byteLength; ) {
    const head = new DataView(body, at, headBytes);
    const content = new Uint8Array(body, at + headBytes, head.getUint32(1));
    if ((head.getUint8(0) & isTrailer) !== 0) status = readTrailers(content);
    else message = method.responseType.decode(content);
    at += headBytes + content.length;
  }
  if (status.get("grpc-status") === "0" && message !== undefined) return message;
  throw new Error(`status ${status.get("grpc-status")}: ${decodeURIComponent(status.get("grpc-message") ?? "")}`);
};
