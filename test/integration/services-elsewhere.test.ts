import { expect } from "chai";
import { type CallOptions, ClientError, Metadata, Status } from "nice-grpc";
import { ErrorInfo, QuotaFailure, RetryInfo } from "../../gen/google/rpc/error_details.ts";
import { Status as RpcStatus } from "../../gen/google/rpc/status.ts";
import { decodeMessage, type MessageFns } from "../../runtime/codec.ts";
import { MeshError } from "../../runtime/errors.ts";
import { type Generated, generateOrders, type Order } from "../orders/generated.ts";
import { openShop, publishTo, type Shop } from "../orders/shop.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";

const order = (order_id: string, note = ""): Order => ({ order_id, note, lines: [], changes: 0 });

/** The details of a status, as another implementation reads them from the trailers. */
const detailsOf = (trailer: Metadata) => {
  const { details } = RpcStatus.decode(trailer.get("grpc-status-details-bin") ?? new Uint8Array());
  const names = details.map(({ type_url }) => type_url.replace("type.googleapis.com/google.rpc.", ""));
  const detail = <T extends object>(name: string, type: MessageFns<T>): T =>
    decodeMessage(type, details[names.indexOf(name)]?.value ?? new Uint8Array());
  return { names, detail };
};

const failing = async (call: (options: CallOptions) => Promise<unknown>) => {
  let trailer = new Metadata();
  const onTrailer: CallOptions["onTrailer"] = (received) => {
    trailer = received;
  };
  const error = await call({ onTrailer }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(ClientError);
  const { code, details: text } = error as ClientError;
  return { code, text, ...detailsOf(trailer) };
};

describe("a service elsewhere", () => {
  let generated: Generated;
  let bench: TestBench;

  before(async function () {
    this.timeout(60_000);
    generated = await generateOrders();
  });
  beforeEach(() => {
    bench = openTestBench();
  });
  afterEach(() => bench.close());

  const openStock = (port = 0): Promise<Shop> => openShop(bench, generated, ["orders", "entries"], { port });
  const openFront = (address: string): Promise<Shop> =>
    openShop(bench, generated, ["desk", "intake"], {
      services: `orders.Orders=${address}, orders.Entries=${address}`,
    });
  const openBoth = async () => {
    const stock = await openStock();
    return { stock, front: await openFront(stock.address) };
  };

  it("is called, and asked for side effects", async () => {
    const { stock, front } = await openBoth();
    const { order_id } = await front.desk.open({ note: "n", lines: [] });
    expect(await stock.orders.get({ order_id })).to.include({ note: "n", changes: 1 });
    await front.desk.place(order("a", "wait:one two"));
    await eventually(async () =>
      expect((await stock.entries.read({ entry_id: "a" })).texts).to.deep.equal(["one", "two"]),
    );
  });

  it("answers what is forwarded to it, and its headers and trailers reach the caller", async () => {
    const { stock, front } = await openBoth();
    await stock.orders.put(order("a", "n"));
    const told: (string | undefined)[] = [];
    const reply = await front.desk.look(
      { order_id: "a" },
      {
        onHeader: (header) => told.push(header.get("x-order")),
        onTrailer: (trailer) => told.push(trailer.get("x-shelf")),
      },
    );
    expect(reply).to.include({ note: "n" });
    expect(told).to.deep.equal(["a", "top"]);
  });

  it("is given the caller's headers and deadline with what is forwarded", async () => {
    const { stock, front } = await openBoth();
    await stock.orders.put(order("a"));
    const startedAt = Date.now();
    await front.desk.look({ order_id: "a" }, { metadata: Metadata({ "x-name": "Ann", "grpc-timeout": "8S" }) });
    const [call] = stock.seen.calls;
    expect(call).to.include({ key: "a", name: "Ann" });
    expect(call?.deadline).to.be.within(startedAt + 6000, Date.now() + 8000);
  });

  it("is told when the caller leaves", async () => {
    const { stock, front } = await openBoth();
    await stock.orders.put(order("a", "wait"));
    const leaving = new AbortController();
    const call = front.desk.look({ order_id: "a" }, { signal: leaving.signal }).catch(() => undefined);
    await eventually(() => expect(stock.seen.calls).to.have.length(1));
    leaving.abort();
    await eventually(() => expect(stock.seen.ended).to.deep.equal(["get"]));
    await call;
  });

  it("fails the caller with its own status, text and details, and nothing is added", async () => {
    const { stock, front } = await openBoth();
    const direct = await failing((options) => stock.orders.refuse(order("a", "paper"), options));
    expect(direct).to.include({ code: Status.RESOURCE_EXHAUSTED, text: "no more of paper" });
    expect(direct.names).to.have.members(["ErrorInfo", "BadRequest", "RetryInfo", "QuotaFailure"]);
    expect(direct.detail("QuotaFailure", QuotaFailure).violations[0]).to.include({ subject: "paper" });
    expect(direct.detail("RetryInfo", RetryInfo).retry_delay).to.include({ seconds: 1n, nanos: 500_000_000 });
    const forwarded = await failing((options) => front.desk.refuse(order("a", "paper"), options));
    expect(forwarded).to.include({ code: direct.code, text: direct.text });
    expect(forwarded.names).to.deep.equal(direct.names);
    expect(forwarded.detail("ErrorInfo", ErrorInfo).reason).to.equal("INVALID_FIELD");
  });

  it("that is away is UNAVAILABLE, and where it is stays inside", async () => {
    const port = await freePort();
    const front = await openFront(`127.0.0.1:${port}`);
    const { code, text, names } = await failing((options) => front.desk.look({ order_id: "a" }, options));
    expect(code).to.equal(Status.UNAVAILABLE);
    expect(text).to.contain("orders.Orders/Get cannot be reached").and.not.to.contain(String(port));
    expect(names).to.include("RetryInfo");
  });

  it("is waited for by the record that needs it, and then knows the event", async () => {
    const port = await freePort();
    await openFront(`127.0.0.1:${port}`);
    const { OrderId } = generated.codecs;
    await publishTo(bench.ports.bus, "dev-orders", ["OrderId", OrderId], { order_id: "a" }, "a");
    await eventually(() => expect(bench.log.lines.map(({ text }) => text)).to.include("handling failed; trying again"));
    const stock = await openStock(port);
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "dev-closed")).to.have.length(1));
    expect(stock.seen.calls.map(({ key, event }) => [key, event])).to.deep.equal([["a", "orders.OrderId"]]);
    expect(await recordsOf(bench.ports.bus, "dev-orders.dead-letter")).to.deep.equal([]);
  });

  it("dead-letters a record that it refuses", async () => {
    const { front } = await openBoth();
    const { OrderId } = generated.codecs;
    await publishTo(bench.ports.bus, "dev-orders", ["OrderId", OrderId], { order_id: "" }, "a");
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "dev-orders.dead-letter")).to.have.length(1));
    const [letter] = await recordsOf(bench.ports.bus, "dev-orders.dead-letter");
    expect(letter?.headers).to.include({
      rollcall_error_code: "REMOTE_ERROR",
      rollcall_error_status: "INVALID_ARGUMENT",
    });
    expect(front.seen.events).to.deep.equal([]);
  });

  it("without an address ends the start of who uses it, and so does an address that is none", async () => {
    const failures = [{}, { services: "orders.Orders" }].map((settings) =>
      openShop(bench, generated, ["desk"], settings).catch((reason: unknown) => reason),
    );
    const [missing, malformed] = await Promise.all(failures);
    expect(missing).to.be.instanceOf(MeshError).with.property("code", "INVALID_CONTRACT");
    expect(String(missing)).to.contain("ROLLCALL_SERVICES, such as orders.Orders=host:50051");
    expect(malformed).to.be.instanceOf(MeshError).with.property("code", "INVALID_CONFIG");
  });
});
