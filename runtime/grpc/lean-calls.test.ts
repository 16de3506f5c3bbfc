import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { recordingLog } from "../../test/support/recording-log.ts";
import { MeshError } from "../errors.ts";
import { Status } from "../status.ts";
import type { ServedContext } from "./call-context.ts";
import { type RunningGrpcServer, startGrpcServer } from "./server.ts";

const path = "/test.Lean/Call";

type Answer = {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly trailers: IncomingHttpHeaders;
  readonly message: Heartbeat | undefined;
};

const framed = (message: Uint8Array, isCompressed = false): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isCompressed ? 1 : 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

describe("a lean call", () => {
  let server: RunningGrpcServer;
  let session: ClientHttp2Session;

  /** What the reason of the request asks for. */
  const handle = async (request: object, context: ServedContext): Promise<object> => {
    const { reason } = request as Heartbeat;
    if (reason === "headers") context.answerWith?.({ headers: { "x-one": "1" }, trailers: { "x-two": "2" } });
    if (reason === "fails") throw new MeshError("HANDLER_ERROR", "no such thing", { status: Status.NOT_FOUND });
    return request;
  };

  before(async () => {
    server = await startGrpcServer({
      host: "127.0.0.1",
      port: 0,
      endpoints: [{ path, shape: "unary", request: Heartbeat, response: Heartbeat, handle }],
      maxRequestBytes: 1000,
      maxResponseBytes: 1000,
      maxCalls: 10,
      log: recordingLog(),
    });
    session = connect(`http://127.0.0.1:${server.port}`);
  });
  after(async () => {
    session.close();
    await once(session, "close");
    await server.stop(0);
  });

  const ask = async (body: Buffer, encoding?: string, at = path): Promise<Answer> => {
    const more = encoding === undefined ? {} : { "grpc-encoding": encoding };
    const stream = session.request({
      ":method": "POST",
      ":path": at,
      "content-type": "application/grpc",
      te: "trailers",
      ...more,
    });
    const parts: Buffer[] = [];
    let trailers: IncomingHttpHeaders = {};
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("trailers", (told: IncomingHttpHeaders) => {
      trailers = told;
    });
    stream.end(body);
    const [headers] = (await once(stream, "response")) as [Answer["headers"]];
    await once(stream, "close");
    const bytes = Buffer.concat(parts);
    return { headers, trailers, message: bytes.length === 0 ? undefined : Heartbeat.decode(bytes.subarray(5)) };
  };
  const encoded = (reason: string): Uint8Array => Heartbeat.encode(Heartbeat.create({ reason })).finish();

  it("is answered with the two headers and the one trailer that gRPC asks for", async () => {
    const { headers, trailers, message } = await ask(framed(encoded("plain")));
    expect(Object.fromEntries(Object.entries(headers))).to.deep.equal({
      ":status": 200,
      "content-type": "application/grpc+proto",
    });
    expect(Object.fromEntries(Object.entries(trailers))).to.deep.equal({ "grpc-status": "0" });
    expect(message?.reason).to.equal("plain");
  });

  it("tells the headers and trailers that its handler gives", async () => {
    const { headers, trailers } = await ask(framed(encoded("headers")));
    expect(headers).to.include({ ":status": 200, "x-one": "1" });
    expect(trailers).to.include({ "grpc-status": "0", "x-two": "2" });
  });

  it("tells an error with its text", async () => {
    const { headers, message } = await ask(framed(encoded("fails")));
    expect(headers).to.include({ "grpc-status": String(Status.NOT_FOUND), "grpc-message": "no%20such%20thing" });
    expect(message).to.equal(undefined);
  });

  it("takes a message that is compressed", async () => {
    const { message } = await ask(framed(gzipSync(encoded("compressed")), true), "gzip");
    expect(message?.reason).to.equal("compressed");
  });

  it("refuses bytes that are no message, where the deserializer throws as where it does not", async () => {
    const [ours, library] = [await ask(framed(Buffer.of(0xff))), await ask(framed(Buffer.of(0xff)), undefined, health)];
    expect(ours.headers["grpc-status"]).to.equal(String(Status.INVALID_ARGUMENT));
    expect(library.headers["grpc-status"]).to.equal(String(Status.INTERNAL));
  });
});

const health = "/grpc.health.v1.Health/Check";
