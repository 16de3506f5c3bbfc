import { expect } from "chai";
import { type CallOptions, ClientError, Metadata, Status } from "nice-grpc";
import { decodeMessage } from "../../runtime/codec.ts";
import { action } from "../../runtime/component/action.ts";
import { MeshError } from "../../runtime/errors.ts";
import { definitionsOf, type Generated, generateOrders, type Line, type Order } from "../orders/generated.ts";
import { environment, openShop, publishTo, type Shop } from "../orders/shop.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const order = (order_id: string, note = "", ...counts: number[]): Order => ({
  order_id,
  note,
  lines: counts.map((count, i) => ({ item: `i${i}`, count })),
  changes: 0,
});

const errorOf = async (call: Promise<unknown>): Promise<ClientError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(ClientError);
  return error as ClientError;
};

describeOnBothWays("an action", (openPorts) => {
  let generated: Generated;
  let bench: TestBench;

  before(async function () {
    this.timeout(60_000);
    generated = await generateOrders();
  });
  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const open = (names?: Parameters<typeof openShop>[2]): Promise<Shop> => openShop(bench, generated, names);
  const textsOf = async ({ entries }: Shop, entry_id: string): Promise<string[]> =>
    (await entries.read({ entry_id })).texts;
  const linesIn = async (topic: string) =>
    (await recordsOf(bench.ports.bus, topic)).map(({ key, value, headers }) => ({
      key,
      headers,
      ...decodeMessage(generated.codecs.Line, value ?? new Uint8Array()),
    }));

  describe("side effects", () => {
    it("of the synchronous kind have ended before the reply", async () => {
      const shop = await open();
      await shop.desk.place(order("a", "wait:one wait:two"));
      expect(await textsOf(shop, "a")).to.deep.equal(["one", "two"]);
    });

    it("are not waited for otherwise", async () => {
      const shop = await open();
      let release = (_: unknown): void => {};
      shop.seen.gate = new Promise((resolve) => {
        release = resolve;
      });
      expect((await shop.desk.place(order("a", "later"))).changes).to.equal(1);
      release(undefined);
      await eventually(async () => expect(await textsOf(shop, "a")).to.deep.equal(["later"]));
    });

    it("are dropped when the command fails", async () => {
      const shop = await open();
      expect((await errorOf(shop.desk.place(order("a", "fail")))).code).to.equal(Status.FAILED_PRECONDITION);
      expect(await textsOf(shop, "a")).to.deep.equal([]);
      expect((await errorOf(shop.orders.get({ order_id: "a" }))).code).to.equal(Status.NOT_FOUND);
    });

    it("fail without failing the command, and say so in the log", async () => {
      const shop = await open();
      expect((await shop.desk.place(order("a", "wait:refuse"))).changes).to.equal(1);
      const line = bench.log.lines.find(({ text }) => text.startsWith("a side effect failed"));
      expect(line?.fields).to.include({ method: "orders.Entries.write" });
    });

    it("end before the service does", async () => {
      const shop = await open();
      let release = (_: unknown): void => {};
      shop.seen.gate = new Promise((resolve) => {
        release = resolve;
      });
      await shop.desk.place(order("a", "last"));
      const closing = shop.close();
      await eventually(async () =>
        expect(await errorOf(shop.desk.place(order("b")))).to.include({ code: Status.UNAVAILABLE }),
      );
      release(undefined);
      await closing;
      expect(await textsOf(await open(["entries"]), "a")).to.deep.equal(["last"]);
    });
  });

  describe("forwards", () => {
    it("to an entity are one unit with it, errors included", async () => {
      const { desk, orders } = await open();
      await orders.put(order("a", "n"));
      expect(await desk.look({ order_id: "a" })).to.include({ note: "n" });
      const error = await errorOf(desk.look({ order_id: "b" }));
      expect(error).to.include({ code: Status.NOT_FOUND, details: "there is no order b" });
    });

    it("behind a change are units of their own: the change stands when they fail", async () => {
      const shop = await open();
      await shop.orders.put(order("a"));
      expect((await shop.orders.close({ order_id: "a" })).texts).to.deep.equal(["closed after 2"]);
      expect((await shop.desk.close({ order_id: "a" })).texts).to.deep.equal(["closed after 2", "closed after 3"]);
      shop.seen.gate = Promise.reject(new Error("the entries are broken"));
      shop.seen.gate.catch(() => undefined);
      expect((await errorOf(shop.desk.close({ order_id: "a" }))).code).to.equal(Status.INTERNAL);
      expect(await shop.orders.get({ order_id: "a" })).to.include({ changes: 4 });
    });

    it("to a query of a view are answered by it", async () => {
      const { desk, orders } = await open();
      await orders.put(order("a", "wanted"));
      await eventually(async () =>
        expect(await desk.find({ note: "wanted", lines: [] })).to.include({ order_id: "a" }),
      );
      expect((await errorOf(desk.find({ note: "other", lines: [] }))).code).to.equal(Status.NOT_FOUND);
    });

    it("and side effects follow the events of an entity", async () => {
      const shop = await open();
      let count: string | undefined;
      const onHeader: CallOptions["onHeader"] = (header) => {
        count = header.get("x-count");
      };
      await shop.shelves.add({ shelf_id: "s", count: 2 });
      await shop.shelves.add({ shelf_id: "s", count: 1 }, { onHeader });
      expect(count).to.equal("3");
      expect(await textsOf(shop, "s")).to.deep.equal(["0 to 2", "2 to 3"]);
      expect((await shop.shelves.clear({ shelf_id: "s" })).texts.at(-1)).to.equal("cleared");
      expect(await shop.shelves.add({ shelf_id: "s", count: 5 })).to.include({ count: 5 });
    });

    it("that come behind a change cannot be waited for in a unit", async () => {
      const { desk, orders } = await open();
      const error = await errorOf(desk.callClose({ order_id: "a" }));
      expect(error.details).to.contain("forward to it in place of calling it");
      expect((await errorOf(orders.get({ order_id: "a" }))).code).to.equal(Status.NOT_FOUND);
    });
  });

  describe("metadata", () => {
    it("comes in as headers, and goes out as headers and trailers", async () => {
      const { desk } = await open();
      const metadata = Metadata({ "x-name": "Ann", "x-raw-bin": Uint8Array.of(7) });
      const got = { header: new Metadata(), trailer: new Metadata() };
      const options: CallOptions = {
        metadata,
        onHeader: (header) => {
          got.header = header;
        },
        onTrailer: (trailer) => {
          got.trailer = trailer;
        },
      };
      expect((await desk.tell(order("a"), options)).note).to.equal("Ann Ann Bw==");
      expect(got.header.get("x-told")).to.equal("yes");
      expect([...(got.header.get("x-raw-bin") ?? [])]).to.deep.equal([1, 2]);
      expect(got.trailer.get("x-cost")).to.equal("3");
    });

    it("that a call cannot carry fails its unit before anything of it is true", async () => {
      const shop = await open();
      await shop.entries.write({ entry_id: "a", texts: ["tea"] });
      const refused = await errorOf(shop.entries.write({ entry_id: "a", texts: ["thé"] }));
      expect(refused.code).to.equal(Status.INTERNAL);
      expect(await textsOf(shop, "a")).to.deep.equal(["tea"]);
    });

    it("of a message that is published is the record's, and the caller's as far as a call can carry it", async () => {
      const { counter } = await open();
      let header = new Metadata();
      const onHeader: CallOptions["onHeader"] = (given) => {
        header = given;
      };
      expect(await counter.note({ item: "thé", count: 1 }, { onHeader })).to.include({ item: "thé" });
      expect(header.get("ce_subject")).to.equal(undefined);
      expect(await counter.note({ item: "tea", count: 1 }, { onHeader })).to.include({ item: "tea" });
      expect(header.get("ce_subject")).to.equal("tea");
      const records = await recordsOf(bench.ports.bus, "dev-notes");
      expect(records.map(({ key }) => key)).to.have.members(["thé", "tea"]);
      expect(records[0]?.headers["content-type"]).to.match(/^application\/json/);
    });

    it("of an entity's own reply goes out, and that of a reply inside a handler does not", async () => {
      const { desk, orders } = await open();
      const told: (string | undefined)[] = [];
      const onHeader: CallOptions["onHeader"] = (header) => {
        told.push(header.get("x-changes"));
      };
      await orders.put(order("a"), { onHeader });
      await desk.place(order("a", "wait:x"), { onHeader });
      expect(told).to.deep.equal(["1", undefined]);
    });
  });

  describe("streams", () => {
    async function* given(...lines: (readonly [string, number])[]) {
      for (const [item, count] of lines) yield { item, count };
    }
    const read = async (lines: AsyncIterable<Line>) => {
      const all: Line[] = [];
      const error = await (async () => {
        for await (const line of lines) all.push(line);
      })().then(
        () => undefined,
        (reason: ClientError) => reason,
      );
      return { counts: all.map(({ count }) => count), error };
    };

    it("go out, with trailers at their end", async () => {
      const { desk, seen } = await open();
      let lines: string | undefined;
      const onTrailer: CallOptions["onTrailer"] = (trailer) => {
        lines = trailer.get("x-lines");
      };
      expect(await read(desk.lines(order("a", "", 1, 2), { onTrailer }))).to.deep.equal({
        counts: [1, 2, 3],
        error: undefined,
      });
      expect(lines).to.equal("2");
      expect(seen.ended).to.deep.equal(["lines "]);
    });

    it("end with an expected error behind what went out, and with INTERNAL for what was thrown", async () => {
      const { desk } = await open();
      const expected = await read(desk.lines(order("a", "error", 1, 2)));
      expect(expected.counts).to.deep.equal([1, 2]);
      expect(expected.error).to.include({ code: Status.DATA_LOSS, details: "a line is missing" });
      const thrown = await read(desk.lines(order("a", "throw", 1)));
      expect(thrown.counts).to.deep.equal([1]);
      expect(thrown.error?.code).to.equal(Status.INTERNAL);
      expect(thrown.error?.details).not.to.contain("the inside");
    });

    it("come in and are answered by a reply or an error before their end", async () => {
      const { desk } = await open();
      expect(await desk.total(given(["a", 1], ["b", 2]))).to.include({ count: 3 });
      const error = await errorOf(desk.total(given(["a", 1], ["b", -1], ["c", 1])));
      expect(error).to.include({ code: Status.OUT_OF_RANGE, details: "b is below nothing" });
    });

    it("go both ways, and an error ends them", async () => {
      const { desk, orders } = await open();
      const { counts, error } = await read(desk.exchange(given(["a", 1], ["a", 2], ["error", 0], ["b", 1])));
      expect(counts).to.deep.equal([1, 2]);
      expect(error?.code).to.equal(Status.ABORTED);
      expect(await orders.get({ order_id: "a" })).to.include({ changes: 2 });
      expect((await errorOf(orders.get({ order_id: "b" }))).code).to.equal(Status.NOT_FOUND);
    });

    it("end at their deadline, and with a caller who leaves; their handlers are told", async () => {
      const { desk, seen } = await open();
      const late = await read(desk.lines(order("a", "wait", 1), deadlineIn(500)));
      expect(late.counts).to.deep.equal([1]);
      expect(late.error?.code).to.equal(Status.DEADLINE_EXCEEDED);
      await eventually(() => expect(seen.ended).to.deep.equal(["lines wait"]));

      const leaving = new AbortController();
      async function* endless() {
        yield { item: "a", count: 1 };
        await new Promise<void>((resolve) => leaving.signal.addEventListener("abort", () => resolve()));
      }
      const answers = desk.exchange(endless(), { signal: leaving.signal })[Symbol.asyncIterator]();
      expect((await answers.next()).value).to.include({ count: 1 });
      leaving.abort();
      expect(await answers.next().catch((reason: unknown) => String(reason))).to.contain("Abort");
      await eventually(() => expect(seen.ended).to.include("exchange"));
      const levels = bench.log.lines.filter(({ level }) => level === "error");
      expect(levels).to.deep.equal([]);
    });

    it("are published element by element where the method has a topic", async () => {
      const { counter } = await open();
      const { counts } = await read(counter.sold(given(["a", 1], ["b", 2])));
      expect(counts).to.deep.equal([1, 2]);
      expect((await linesIn("dev-sold")).map(({ count }) => count).sort()).to.deep.equal([1, 2]);
    });
  });

  describe("between topics", () => {
    it("makes several messages out of one, in one unit with the change", async () => {
      const { orders } = await open();
      const { bus } = bench.ports;
      const { Order } = generated.codecs;
      await publishTo(bus, "dev-orders", ["Order", Order], order("a", "", 1, 0, 3), "a");
      await eventually(async () => expect(await linesIn("dev-lines")).to.have.length(2));
      const lines = await linesIn("dev-lines");
      expect(lines.map(({ key, item, count }) => [key, item, count])).to.have.deep.members([
        ["i0", "i0", 1],
        ["i2", "i2", 3],
      ]);
      expect(lines[0]?.headers).to.include({
        "x-order": "a",
        "x.$of.": "ä",
        ce_type: "orders.Line",
        ce_source: "orders.Intake",
      });
      expect(lines.map(({ headers }) => headers.ce_subject)).to.have.members(["i0", "i2"]);
      expect(new Set(lines.map(({ headers }) => headers.ce_id)).size).to.equal(2);
      expect(await orders.get({ order_id: "a" })).to.include({ changes: 1 });
    });

    it("makes several messages out of an event of an entity", async () => {
      const { shelves } = await open();
      await shelves.add({ shelf_id: "s", count: 3 });
      await eventually(async () => expect(await linesIn("dev-moves")).to.have.length(3));
      const lines = await linesIn("dev-moves");
      expect(lines.map(({ count }) => count).sort()).to.deep.equal([1, 2, 3]);
      expect(new Set(lines.map(({ headers }) => headers.ce_id)).size).to.equal(3);
    });

    it("makes none of them, nor the change, when one fails", async () => {
      const { orders } = await open();
      const { bus } = bench.ports;
      const { Order } = generated.codecs;
      await publishTo(bus, "dev-orders", ["Order", Order], order("a", "", 1, -1), "a");
      await eventually(async () => expect(await recordsOf(bus, "dev-orders.dead-letter")).to.have.length(1));
      const [letter] = await recordsOf(bus, "dev-orders.dead-letter");
      expect(letter?.headers).to.include({ rollcall_error_status: "INVALID_ARGUMENT" });
      expect(await linesIn("dev-lines")).to.deep.equal([]);
      expect((await errorOf(orders.get({ order_id: "a" }))).code).to.equal(Status.NOT_FOUND);
    });

    it("knows the attributes of the event, in either spelling", async () => {
      const { seen } = await open();
      const { Order } = generated.codecs;
      const headers = {
        "ce-id": "1",
        "ce-source": "cash desk",
        "ce-specversion": "1.0",
        "ce-subject": "s",
        "CE-Shelf": "top",
        "content-type": "application/protobuf",
      };
      await publishTo(bench.ports.bus, "dev-orders", ["Order", Order], order("a"), "a", headers);
      await publishTo(bench.ports.bus, "dev-orders", ["Order", Order], order("b"), "b");
      await eventually(() => expect(seen.events).to.have.length(2));
      const type = "orders.Order";
      const datacontenttype = "application/protobuf";
      expect(seen.events).to.deep.include({
        id: "1",
        source: "cash desk",
        specversion: "1.0",
        type,
        subject: "s",
        shelf: "top",
        datacontenttype,
      });
      const plain = seen.events.find((event) => "source" in event && event.source === "dev-orders");
      expect(plain).to.include({ specversion: "1.0", type, datacontenttype });
    });

    it("publishes what a method that it forwards to answers behind a change", async () => {
      const { entries } = await open();
      const { OrderId } = generated.codecs;
      await publishTo(bench.ports.bus, "dev-orders", ["OrderId", OrderId], { order_id: "a" }, "a");
      await eventually(async () => expect(await recordsOf(bench.ports.bus, "dev-closed")).to.have.length(1));
      const [record] = await recordsOf(bench.ports.bus, "dev-closed");
      expect(record?.key).to.equal("a");
      expect((await entries.read({ entry_id: "a" })).texts).to.deep.equal(["closed after 1"]);
    });

    it("dead-letters a record whose change stands and whose forward failed", async () => {
      const { orders, seen } = await open();
      seen.gate = Promise.reject(new Error("the entries are broken"));
      seen.gate.catch(() => undefined);
      const { OrderId } = generated.codecs;
      const { bus } = bench.ports;
      await publishTo(bus, "dev-orders", ["OrderId", OrderId], { order_id: "a" }, "a");
      await eventually(async () => expect(await recordsOf(bus, "dev-orders.dead-letter")).to.have.length(1));
      const [letter] = await recordsOf(bus, "dev-orders.dead-letter");
      expect(letter?.headers).to.include({ rollcall_error_code: "FORWARD_FAILED" });
      expect(await orders.get({ order_id: "a" })).to.include({ note: "closed", changes: 1 });
    });

    it("does not start with clients of what is no service definition", async () => {
      const desk = action(definitionsOf(generated).desk, { orders: {} as never }, () => ({}) as never);
      const application = { name: "shop", descriptors: generated.descriptors, components: [desk] };
      const error = await bench.serve(application, { environment }).catch((reason: unknown) => reason);
      expect(String(error))
        .to.contain("INVALID_CONTRACT")
        .and.to.contain("uses orders, which is no service definition");
    });

    it("does not start while a variable in a topic's name is not set", async () => {
      const failed = openShop(bench, generated, undefined, { environment: {} });
      const error = await failed.catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(MeshError).with.property("code", "INVALID_CONTRACT");
      expect(String(error)).to.contain("TOPIC_VARIABLE_UNSET").and.to.contain("Set STAGE");
      await openShop(bench, generated, ["orders", "entries"], { environment: {} });
    });
  });
});

/** As the header that a client's deadline is: nice-grpc leaves deadlines to a package of their own. */
const deadlineIn = (milliseconds: number): CallOptions => ({
  metadata: Metadata({ "grpc-timeout": `${milliseconds}m` }),
});
