import { expect } from "chai";
import { ClientError } from "nice-grpc";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { EntityType, Ports } from "../../runtime/ports.ts";
import { Status, type StatusCode } from "../../runtime/status.ts";
import { type Generated, generateOrders, type NewOrder, type Order } from "../orders/generated.ts";
import { openShop, publishTo } from "../orders/shop.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const created: NewOrder = { note: "n", lines: [] };
const order = (order_id: string, note = ""): Order => ({ order_id, note, lines: [], changes: 0 });

/** Ports whose store saves the first order, and loses the answer. */
const withLostAnswer = (ports: Ports): Ports => {
  let isLost = false;
  return {
    ...ports,
    entities: {
      ...ports.entities,
      async save(type, change) {
        const outcome = await ports.entities.save(type, change);
        if (isLost || type.name !== "order") return outcome;
        isLost = true;
        throw new Error("the connection broke");
      },
    },
  };
};

describeOnBothWays("a value entity", (openPorts) => {
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

  const orderType = (): EntityType => {
    const schema = compileContract(generated.descriptors).model.registry.getMessage("orders.Order");
    if (schema === undefined) throw new Error("the descriptor set has no orders.Order");
    return { name: "order", state: { ...generated.codecs.Order, name: schema.typeName, schema } };
  };
  const storedOrders = async () => {
    const all = [];
    for await (const stored of bench.ports.entities.scan(orderType())) all.push(stored);
    return all;
  };
  const codeOf = (call: Promise<unknown>): Promise<StatusCode | undefined> =>
    call.then(
      () => undefined,
      (error: unknown) => (error instanceof ClientError ? error.code : undefined) as StatusCode | undefined,
    );

  describe("with a key that is made", () => {
    it("is a new one at each call, and found under its key", async () => {
      const { orders, desk } = await openShop(bench, generated);
      const made = [await orders.create(created), await orders.create(created), await desk.open(created)];
      const ids = made.map(({ order_id }) => order_id);
      expect(new Set(ids).size).to.equal(3);
      for (const order_id of ids) {
        expect(order_id).to.match(uuid);
        expect(await orders.get({ order_id })).to.include({ order_id, note: "n", changes: 1 });
      }
    });

    it("is one for each record, however often that is delivered", async () => {
      const { NewOrder } = generated.codecs;
      const names = ["orders", "entries", "intake"] as const;
      await openShop(bench, generated, names, {}, withLostAnswer(bench.ports));
      const send = (note: string, key: string) =>
        publishTo(bench.ports.bus, "dev-orders", ["NewOrder", NewOrder], { ...created, note }, key);
      const notes = async () => (await storedOrders()).map(({ state }) => state && "note" in state && state.note);
      await send("first", "a");
      await eventually(() =>
        expect(bench.log.lines.map(({ text }) => text)).to.include("handling failed; trying again"),
      );
      // Of the same key, so it is handled when the first is settled.
      await send("second", "a");
      await eventually(async () => expect(await notes()).to.include("second"));
      expect(await notes()).to.have.members(["first", "second"]);
      const all = await storedOrders();
      for (const { key } of all) expect(key).to.match(uuid);
      expect(await recordsOf(bench.ports.bus, "dev-orders.dead-letter")).to.deep.equal([]);
    });
  });

  it("that is deleted begins anew, at a version above, and consumers are told of both", async () => {
    const { orders, seen } = await openShop(bench, generated);
    await orders.put(order("a"));
    await orders.put(order("a"));
    await orders.cancel({ order_id: "a" });
    expect(await codeOf(orders.get({ order_id: "a" }))).to.equal(Status.NOT_FOUND);
    await eventually(() => expect(seen.gone).to.deep.equal(["a"]));
    const deleted = await bench.ports.entities.load(orderType(), "a");
    expect(deleted?.state).to.equal(undefined);

    expect(await orders.put(order("a"))).to.include({ changes: 1 });
    const again = await bench.ports.entities.load(orderType(), "a");
    expect((again?.version ?? 0n) > (deleted?.version ?? 0n)).to.equal(true);
    await eventually(() => expect(seen.changed.at(-1)).to.equal("a 1"));
    await eventually(() => expect(seen.audited.at(-1)).to.equal("a 1"));
    const topic = await recordsOf(bench.ports.bus, "_rollcall.entity.order");
    expect(topic.map(({ value }) => value === null)).to.deep.equal([false, false, true, false]);
    const versions = topic.map(({ headers }) => BigInt(headers.ce_sequence?.split(".")[0] ?? "0"));
    expect([...versions].sort((a, b) => Number(a - b))).to.deep.equal(versions);
  });

  it("that is deleted twice, or was never there, is deleted", async () => {
    const { orders, seen } = await openShop(bench, generated);
    await orders.cancel({ order_id: "never" });
    await orders.cancel({ order_id: "never" });
    expect(await codeOf(orders.get({ order_id: "never" }))).to.equal(Status.NOT_FOUND);
    await eventually(() => expect(seen.gone).to.deep.equal(["never", "never"]));
  });

  it("fails a command with any status", async () => {
    const { orders } = await openShop(bench, generated);
    for (const status of Object.values(Status).filter((each) => each !== Status.OK)) {
      expect(await codeOf(orders.refuse(order("a", `status ${status}`))), String(status)).to.equal(status);
    }
    expect(await codeOf(orders.get({ order_id: "a" }))).to.equal(Status.NOT_FOUND);
  });
});
