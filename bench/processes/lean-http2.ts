import { connect } from "node:net";

/** Unary gRPC calls, in turn with each of the requests, so many at once for so long. */
export type Load = {
  readonly port: number;
  readonly path: string;
  readonly requests: readonly Uint8Array[];
  readonly concurrency: number;
  readonly durationMs: number;
};

export type Loaded = { readonly calls: number; readonly seconds: number };

// RFC 9113, section 6: frame types and flags.
const type = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const frameHead = 9;
const firstWindow = 65_535;
const largestWindow = 2 ** 31 - 1;

/** length (24 bits), type (8), flags (8), stream (32), payload */
const frame = (kind: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(frameHead + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(kind, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHead);
  return bytes;
};

/** A string literal of HPACK, not Huffman coded: length (under 127), octets. */
const literal = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);

/** RFC 7541: the method and scheme from the static table, then fields that are not indexed. */
const headerBlock = (path: string): Buffer =>
  Buffer.concat([
    Buffer.of(0x83, 0x86, 0x04),
    literal(path),
    Buffer.of(0x01),
    literal("127.0.0.1"),
    Buffer.of(0x0f, 0x10),
    literal("application/grpc"),
    Buffer.of(0x00),
    literal("te"),
    literal("trailers"),
  ]);

/** Settings are pairs of id (16 bits) and value (32): no header table, so that equal trailers are equal bytes. */
const greeting = (): Buffer => {
  const settings = Buffer.alloc(12);
  settings.writeUInt16BE(1, 0);
  settings.writeUInt16BE(4, 6);
  settings.writeUInt32BE(largestWindow, 8);
  const window = Buffer.alloc(4);
  window.writeUInt32BE(largestWindow - firstWindow);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(type.settings, 0, 0, settings),
    frame(type.windowUpdate, 0, 0, window),
  ]);
};

/** HEADERS and DATA of a call; the stream is written into both when it is sent. */
const callOf = (block: Buffer, message: Uint8Array): { readonly bytes: Buffer; readonly dataAt: number } => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  const headers = frame(type.headers, flag.endHeaders, 0, block);
  const data = frame(type.data, flag.endStream, 0, Buffer.concat([prefix, message]));
  return { bytes: Buffer.concat([headers, data]), dataAt: headers.length };
};

/**
 * A closed loop over a bare socket: node's own HTTP/2 client costs more than the servers that are measured.
 * Rejects when a call is answered without a message, or with other trailers than the first.
 */
export const driveLean = ({ port, path, requests, concurrency, durationMs }: Load): Promise<Loaded> =>
  new Promise((resolve, reject) => {
    const block = headerBlock(path);
    const calls = requests.map((request) => callOf(block, request));
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const startedAt = performance.now();
    let outgoing: Buffer[] = [greeting()];
    let rest = Buffer.alloc(0);
    let trailers: Buffer | undefined;
    let sent = 0;
    /** Streams that have had data: a long answer takes many frames, and a stream of answers as well. */
    const answered = new Set<number>();
    let messages = 0;
    let ended = 0;

    const fail = (problem: string): void => {
      socket.destroy();
      reject(new Error(problem));
    };
    const send = (): void => {
      const { bytes, dataAt } = calls[sent % calls.length] as (typeof calls)[number];
      const stream = 2 * sent + 1;
      const copy = Buffer.from(bytes);
      copy.writeUInt32BE(stream, 5);
      copy.writeUInt32BE(stream, dataAt + 5);
      outgoing.push(copy);
      sent += 1;
    };
    const onEnd = (stream: number, block: Buffer): void => {
      if (answered.delete(stream)) messages += 1;
      trailers ??= Buffer.from(block);
      if (!trailers.equals(block)) fail("a call ended with other trailers than the first");
      ended += 1;
      if (performance.now() - startedAt < durationMs) send();
      else if (ended === sent) {
        socket.destroy();
        if (messages === ended) resolve({ calls: ended, seconds: (performance.now() - startedAt) / 1000 });
        else reject(new Error(`${ended} calls ended, and ${messages} of them with an answer`));
      }
    };
    const onFrame = (kind: number, flags: number, stream: number, payload: Buffer): void => {
      if (kind === type.data && payload.length > 0) answered.add(stream);
      else if (kind === type.headers && (flags & flag.endStream) !== 0) onEnd(stream, payload);
      else if (kind === type.settings && (flags & flag.ack) === 0) {
        outgoing.push(frame(type.settings, flag.ack, 0, Buffer.alloc(0)));
      } else if (kind === type.ping && (flags & flag.ack) === 0) outgoing.push(frame(type.ping, flag.ack, 0, payload));
      else if (kind === type.reset || kind === type.goAway) fail("the server reset a call or the connection");
    };
    const flush = (): void => {
      if (outgoing.length > 0 && !socket.destroyed) socket.write(Buffer.concat(outgoing));
      outgoing = [];
    };

    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed the connection")));
    socket.on("data", (chunk: Buffer) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (at + frameHead <= bytes.length) {
        const end = at + frameHead + bytes.readUIntBE(at, 3);
        if (end > bytes.length) break;
        onFrame(
          bytes[at + 3] ?? 0,
          bytes[at + 4] ?? 0,
          bytes.readUInt32BE(at + 5),
          bytes.subarray(at + frameHead, end),
        );
        at = end;
      }
      rest = Buffer.from(bytes.subarray(at));
      flush();
    });
    for (let i = 0; i < concurrency; i += 1) send();
    flush();
  });
