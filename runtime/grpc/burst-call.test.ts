import { status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { expect } from "chai";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { connectRaw } from "../../test/support/channel.ts";
import { eventually } from "../../test/support/eventually.ts";
import { recordingLog } from "../../test/support/recording-log.ts";
import type { Message } from "../codec.ts";
import { type RunningGrpcServer, startGrpcServer } from "./server.ts";

const path = "/test.Bursts/Stream";
const maxResponseBytes = 200_000;

describe("a stream of bursts", () => {
  let server: RunningGrpcServer | undefined;
  let isEnded = false;

  /** Serves these bursts; gives what a reader gets that stops after so many messages. */
  const read = async (bursts: Iterable<readonly Message[]>, most = Number.POSITIVE_INFINITY, onRead = () => {}) => {
    isEnded = false;
    async function* handle() {
      try {
        yield* bursts;
      } finally {
        isEnded = true;
      }
    }
    server = await startGrpcServer({
      host: "127.0.0.1",
      port: 0,
      endpoints: [{ path, shape: "server_streaming", request: Heartbeat, response: Heartbeat, handle }],
      maxRequestBytes: 1000,
      maxResponseBytes,
      maxCalls: 10,
      log: recordingLog(),
    });
    const client = await connectRaw(`127.0.0.1:${server.port}`);
    const reasons: string[] = [];
    const decode = (bytes: Buffer): string => Heartbeat.decode(bytes).reason;
    const call = client.makeServerStreamRequest(path, (bytes: Buffer) => bytes, decode, Buffer.of());
    const error = await new Promise<ServiceError | undefined>((resolve) => {
      call.on("data", (reason: string) => {
        reasons.push(reason);
        onRead();
        if (reasons.length === most) call.cancel();
      });
      call.on("error", resolve);
      call.on("end", () => resolve(undefined));
    });
    client.close();
    return { reasons, error };
  };
  const messages = (...reasons: readonly string[]): Message[] => reasons.map((reason) => Heartbeat.create({ reason }));
  const numbers = (count: number, length = 0): string[] =>
    Array.from({ length: count }, (_, i) => String(i).padStart(length));

  afterEach(async () => {
    await server?.stop(0);
    server = undefined;
  });

  it("gives every message of every burst, in order", async () => {
    const [first, second] = [numbers(5000), numbers(300, 3000)];
    const { reasons, error } = await read([messages(...first), [], messages("one"), messages(...second)]);
    expect(error).to.equal(undefined);
    expect(reasons).to.deep.equal([...first, "one", ...second]);
  });

  it("ends with RESOURCE_EXHAUSTED at a message that is too large, after those before it", async () => {
    const { reasons, error } = await read([messages("a", "b", "x".repeat(maxResponseBytes), "c"), messages("d")]);
    expect(error?.code).to.equal(grpcStatus.RESOURCE_EXHAUSTED);
    expect(reasons).to.deep.equal(["a", "b"]);
  });

  it("ends with INTERNAL at a message that cannot be encoded, after those before it", async () => {
    const wrong = { ...Heartbeat.create(), version: 2n ** 70n };
    const { reasons, error } = await read([[...messages("a", "b"), wrong, ...messages("c")], messages("d")]);
    expect(error?.code).to.equal(grpcStatus.INTERNAL);
    expect(reasons).to.deep.equal(["a", "b"]);
  });

  it("makes no more bursts for a reader that is gone", async () => {
    let made = 0;
    function* endless() {
      for (; ; made += 1) yield messages(...numbers(100, 1000));
    }
    const { error } = await read(endless(), 150);
    expect(error?.code).to.equal(grpcStatus.CANCELLED);
    await eventually(() => expect(isEnded).to.equal(true));
    expect(made).to.be.lessThan(200);
  });

  it("runs no further ahead of its reader than a few bursts", async () => {
    let made = 0;
    let furthest = 0;
    function* counted() {
      for (; made < 400; made += 1) {
        furthest = Math.max(furthest, made - seen / 100);
        yield messages(...numbers(100, 1000));
      }
    }
    let seen = 0;
    const { reasons } = await read(counted(), Number.POSITIVE_INFINITY, () => {
      seen += 1;
    });
    expect(reasons).to.have.length(40_000);
    expect(furthest).to.be.lessThan(100);
  });
});
