import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

export type HttpReply = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body read as JSON; throws when it is none. */
  json(): unknown;
};

export type HttpCall = {
  readonly port: number;
  readonly method?: string;
  /** Sent as it is: `fetch` would tidy `..` and escapes away. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** A string or bytes as they are; anything else as JSON. */
  readonly body?: unknown;
};

const bytesOf = (body: unknown): Buffer | undefined => {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
};

/** One HTTP/1.1 call on its own connection. Any status is a reply; only a broken connection rejects. */
export const http = (call: HttpCall): Promise<HttpReply> =>
  new Promise((resolve, reject) => {
    const body = bytesOf(call.body);
    const headers = {
      "content-type": "application/json",
      ...call.headers,
      ...(body && { "content-length": body.length }),
    };
    const { port, path, method = "GET" } = call;
    const sent = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("error", reject);
      reply.on("end", () => {
        const bytes = Buffer.concat(parts);
        const text = bytes.toString("utf8");
        const json = (): unknown => JSON.parse(text);
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, bytes, text, json });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
