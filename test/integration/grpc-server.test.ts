import { once } from "node:events";
import { createServer } from "node:net";
import { status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { expect } from "chai";
import { ClientError, createClient } from "nice-grpc";
import { BadRequest, ErrorInfo } from "../../gen/google/rpc/error_details.ts";
import { Status as RpcStatus } from "../../gen/google/rpc/status.ts";
import { HealthDefinition } from "../../gen/grpc/health/v1/health.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { MeshError } from "../../runtime/errors.ts";
import { Status } from "../../runtime/status.ts";
import { connectRaw, connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type ServeSettings, type TestBench } from "../support/served.ts";
import { type Seen, TallyActionsDefinition, TallyServiceDefinition, tallyApplication } from "../support/tally.ts";

describe("the gRPC server", () => {
  let bench: TestBench;
  let seen: Seen;
  const device = { user_id: "u", device_id: "d" };

  const start = async (settings: ServeSettings = {}) => {
    const { application, seen: handled } = await tallyApplication();
    seen = handled;
    const served = await bench.serve(application, settings);
    const address = `127.0.0.1:${served.port}`;
    const channel = await connectTo(address);
    return {
      address,
      served,
      entity: createClient(TallyServiceDefinition, channel),
      actions: createClient(TallyActionsDefinition, channel),
      health: createClient(HealthDefinition, channel),
    };
  };
  async function* times(count: number) {
    for (let i = 0; i < count; i++) yield device;
  }
  /** The next element when the test says so. */
  const stepper = () => {
    const steps: (() => void)[] = [];
    async function* elements(count: number) {
      for (let i = 0; i < count; i++) {
        await new Promise<void>((resolve) => steps.push(resolve));
        yield device;
      }
    }
    const step = async (): Promise<void> => {
      await eventually(() => expect(steps).to.have.length(1));
      steps.shift()?.();
    };
    return { elements, step };
  };
  const failureOf = async (call: Promise<unknown>): Promise<ClientError> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ClientError);
    return error as ClientError;
  };

  beforeEach(() => {
    bench = openTestBench();
  });
  afterEach(() => bench.close());

  it("serves unary calls", async () => {
    const { entity } = await start();
    expect(await entity.add(device)).to.include({ version: 1n });
  });

  it("serves calls streamed in", async () => {
    const { actions } = await start();
    expect(await actions.collect(times(5))).to.include({ version: 5n });
  });

  it("serves calls streamed out, slower readers and large answers included", async () => {
    const { actions } = await start();
    const versions: bigint[] = [];
    for await (const { version } of actions.repeat({ ...device, version: 3000n, reason: "x".repeat(500) }))
      versions.push(version);
    expect(versions).to.have.length(3000);
    expect(versions.at(-1)).to.equal(3000n);
  });

  it("serves calls streamed both ways, each element a unit of work", async () => {
    const { actions } = await start();
    const versions: bigint[] = [];
    for await (const { version } of actions.converse(times(3))) versions.push(version);
    expect(versions).to.deep.equal([1n, 2n, 3n]);
  });

  it("tells handlers of a cancelled call and of a deadline", async () => {
    const { actions, address } = await start();
    const controller = new AbortController();
    const cancelled = actions.wait(device, { signal: controller.signal }).catch(() => undefined);
    await eventually(() => expect(seen.waiting).to.equal(1));
    controller.abort();
    await eventually(() => expect(seen.cancelled).to.equal(1));
    await cancelled;
    const late = await rawCall(address, "/tally.v1.TallyActions/Wait", new Uint8Array(), Date.now() + 100);
    expect(late.code).to.equal(grpcStatus.DEADLINE_EXCEEDED);
    await eventually(() => expect(seen.cancelled).to.equal(2));
  });

  it("answers an error effect with its status, text and fields", async () => {
    const { address } = await start();
    const error = await rawCall(
      address,
      "/tally.v1.TallyActions/Fail",
      Heartbeat.encode(Heartbeat.fromPartial(device)).finish(),
    );
    expect(error).to.include({ code: grpcStatus.FAILED_PRECONDITION, details: "not like this" });
    const { details } = RpcStatus.decode(error.metadata.get("grpc-status-details-bin")[0] as Buffer);
    const detail = (name: string): Uint8Array =>
      details.find(({ type_url }) => type_url === `type.googleapis.com/google.rpc.${name}`)?.value ?? new Uint8Array();
    expect(ErrorInfo.decode(detail("ErrorInfo"))).to.include({ reason: "INVALID_FIELD", domain: "rollcall" });
    expect(BadRequest.decode(detail("BadRequest")).field_violations[0]).to.include({
      field: "reason",
      description: "is wrong",
    });
  });

  it("keeps what a handler threw inside, under an id that the log has", async () => {
    const { actions } = await start();
    const error = await failureOf(actions.fail({ ...device, reason: "throw" }));
    expect(error.code).to.equal(Status.INTERNAL);
    expect(error.details).not.to.contain("the inside");
    const id = /[0-9a-f-]{36}/.exec(error.details)?.[0];
    const line = bench.log.lines.find(({ fields }) => (fields as { id?: string }).id === id);
    expect(String((line?.fields as { error?: unknown } | undefined)?.error)).to.contain("the inside of the service");
  });

  it("answers malformed bytes and invalid UTF-8 with INVALID_ARGUMENT", async () => {
    const { address } = await start();
    for (const bytes of [Uint8Array.of(0xff, 0xff), Uint8Array.of(0x0a, 0x02, 0xc3, 0x28)]) {
      const error = await rawCall(address, "/tally.v1.TallyService/Add", bytes);
      expect(error.code).to.equal(grpcStatus.INVALID_ARGUMENT);
    }
  });

  it("refuses a request that is too large, and a call too many", async () => {
    const { entity, actions } = await start({ maxRequestBytes: 2000, maxCalls: 1 });
    const large = await failureOf(entity.add({ ...device, reason: "x".repeat(3000) }));
    expect(large.code).to.equal(Status.RESOURCE_EXHAUSTED);
    const controller = new AbortController();
    const held = actions.wait(device, { signal: controller.signal }).catch(() => undefined);
    await eventually(() => expect(seen.waiting).to.equal(1));
    expect(await failureOf(entity.read(device))).to.include({ code: Status.RESOURCE_EXHAUSTED });
    controller.abort();
    await held;
    await eventually(async () => expect(await entity.read(device)).to.include({ version: 0n }));
  });

  it("tells the health of the server, each service and each consumer", async () => {
    const { health } = await start();
    for (const service of ["", "tally.v1.TallyService", "tally.v1.TallyActions", "consumer/tally.v1.TallyEvents"]) {
      expect(await health.check({ service }), service).to.include({ status: "SERVING" });
    }
    expect((await failureOf(health.check({ service: "nobody" }))).code).to.equal(Status.NOT_FOUND);
  });

  it("lets a call in flight end when it stops, and takes no further one", async () => {
    const { entity, actions, served } = await start();
    await entity.read(device);
    const { elements, step } = stepper();
    const streamed = actions.converse(elements(2))[Symbol.asyncIterator]();
    const first = streamed.next();
    await step();
    expect((await first).value).to.include({ version: 1n });
    const stopping = served.close();
    await step();
    expect((await streamed.next()).value).to.include({ version: 2n });
    expect(await streamed.next()).to.include({ done: true });
    await stopping;
    expect((await failureOf(entity.read(device))).code).to.equal(Status.UNAVAILABLE);
  });

  it("ends what is still running at the deadline of the stop", async () => {
    const { actions, served } = await start({ shutdownMs: 100 });
    const held = actions.wait(device).catch((error: unknown) => error);
    await eventually(() => expect(seen.waiting).to.equal(1));
    await served.close();
    expect(await held).to.be.instanceOf(ClientError);
  });

  it("says so when its port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const error = await start({ port }).catch((reason: unknown) => reason);
    taken.close();
    expect(error).to.be.instanceOf(MeshError).with.property("code", "PORT_IN_USE");
    expect(String(error)).to.contain(String(port));
  });

  it("does not start with a contract that has mistakes", async () => {
    const { application } = await tallyApplication();
    const error = await bench
      .serve({ ...application, descriptors: new Uint8Array([1, 2, 3]) })
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MeshError).with.property("code", "INVALID_CONTRACT");
  });
});

/** A unary call with bytes of the test's own making; gives the error it ends with. */
const rawCall = async (
  address: string,
  path: string,
  bytes: Uint8Array,
  deadline = Date.now() + 10_000,
): Promise<ServiceError> => {
  const client = await connectRaw(address);
  return new Promise((resolve, reject) => {
    const same = (buffer: Buffer): Buffer => buffer;
    client.makeUnaryRequest(path, same, same, Buffer.from(bytes), { deadline }, (error) => {
      client.close();
      if (error === null) reject(new Error("the call succeeded"));
      else resolve(error);
    });
  });
};
