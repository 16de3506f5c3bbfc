// Sends many heartbeats in a call: batches, or one stream.
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { answerParent } from "./answer-parent.ts";
import type { Load, Loaded } from "./lean-http2.ts";

const headBytes = 5;
const window = 1 << 24;

const framed = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

const open = (session: ClientHttp2Session, path: string): ClientHttp2Stream =>
  session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" });

const withSession = async <T>(port: number, work: (session: ClientHttp2Session) => Promise<T>): Promise<T> => {
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: window } });
  session.once("connect", () => session.setLocalWindowSize(window));
  try {
    return await work(session);
  } finally {
    session.close();
  }
};

const call = (session: ClientHttp2Session, path: string, request: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const stream = open(session, path);
    stream.on("trailers", (trailers) => {
      if (trailers["grpc-status"] !== "0") reject(new Error(`grpc-status ${trailers["grpc-status"]}`));
    });
    stream.on("data", () => {});
    stream.on("error", reject);
    stream.on("end", resolve);
    stream.end(request);
  });

/** Unary calls with large messages, so many at once for so long. */
const batches = ({ port, path, requests, concurrency, durationMs }: Load): Promise<Loaded> =>
  withSession(port, async (session) => {
    const bodies = requests.map(framed);
    const startedAt = performance.now();
    let calls = 0;
    const caller = async (): Promise<void> => {
      while (performance.now() - startedAt < durationMs) {
        await call(session, path, bodies[calls++ % bodies.length] as Buffer);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
    return { calls, seconds: (performance.now() - startedAt) / 1000 };
  });

/** One stream, so many messages on it that are not answered yet. */
const stream = ({ port, path, requests, concurrency, durationMs }: Load): Promise<Loaded> =>
  withSession(
    port,
    (session) =>
      new Promise((resolve, reject) => {
        const bodies = requests.map(framed);
        const startedAt = performance.now();
        const call = open(session, path);
        let [sent, answered, missing] = [0, 0, headBytes];
        const send = (): void => {
          call.cork();
          while (sent - answered < concurrency) call.write(bodies[sent++ % bodies.length]);
          call.uncork();
        };
        const head = Buffer.alloc(headBytes);
        let headAt = 0;
        call.on("data", (chunk: Buffer) => {
          for (let at = 0; at < chunk.length; ) {
            if (headAt < headBytes) {
              head[headAt++] = chunk[at++] as number;
              if (headAt === headBytes) missing = head.readUInt32BE(1);
            } else {
              const taken = Math.min(missing, chunk.length - at);
              at += taken;
              missing -= taken;
            }
            if (headAt === headBytes && missing === 0) {
              answered += 1;
              headAt = 0;
            }
          }
          if (performance.now() - startedAt < durationMs) send();
          else if (answered === sent) call.end();
        });
        call.on("trailers", (trailers) => {
          if (trailers["grpc-status"] !== "0" || answered !== sent) reject(new Error("the stream ended early"));
          else resolve({ calls: answered, seconds: (performance.now() - startedAt) / 1000 });
        });
        call.on("error", reject);
        send();
      }),
  );

answerParent({ batches, stream });
