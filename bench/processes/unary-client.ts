// Calls unary methods with ready-made bytes.
import { type ClientHttp2Session, connect } from "node:http2";
import { answerParent } from "./answer-parent.ts";
import { driveLean } from "./lean-http2.ts";

/** Calls of one method, one after the other. */
export type Calls = { readonly port: number; readonly path: string; readonly requests: readonly Uint8Array[] };

const headBytes = 5;

const call = (session: ClientHttp2Session, path: string, message: Uint8Array) =>
  new Promise<Uint8Array>((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const parts: Buffer[] = [];
    let status: unknown;
    const takeStatus = (headers: Record<string, unknown>): void => {
      status ??= headers["grpc-status"];
    };
    stream.on("response", takeStatus);
    stream.on("trailers", takeStatus);
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", reject);
    stream.on("end", () => {
      if (status === "0") resolve(new Uint8Array(Buffer.concat(parts).subarray(headBytes)));
      else reject(new Error(`grpc-status ${status}`));
    });
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
  });

const replies = async ({ port, path, requests }: Calls): Promise<Uint8Array[]> => {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const answers: Uint8Array[] = [];
    for (const request of requests) answers.push(await call(session, path, request));
    return answers;
  } finally {
    session.close();
  }
};

answerParent({ replies, load: driveLean });
