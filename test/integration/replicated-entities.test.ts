import { expect } from "chai";
import fc from "fast-check";
import { ClientError, createClient } from "nice-grpc";
import { HealthDefinition } from "../../gen/grpc/health/v1/health.ts";
import type { LogRecord } from "../../runtime/ports.ts";
import { decodeTree } from "../../runtime/replicated/data/tree-codec.ts";
import { maxActors } from "../../runtime/replicated/data-entities.ts";
import { Status } from "../../runtime/status.ts";
import { replicatedApplication } from "../replicated/entities.ts";
import { type Generated, generateReplicated } from "../replicated/generated.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { type Gate, gateBus } from "../support/gated-bus.ts";
import { known } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

let generated: Generated;
before(async () => {
  generated = await generateReplicated();
});

const clientsOn = async (port: number) => {
  const channel = await connectTo(`127.0.0.1:${port}`);
  return {
    health: createClient(HealthDefinition, channel),
    likes: createClient(generated.LikesDefinition, channel),
    tags: createClient(generated.TagsDefinition, channel),
    documents: createClient(generated.DocumentDefinition, channel),
    stock: createClient(generated.StockDefinition, channel),
    settings: createClient(generated.SettingsDefinition, channel),
    rooms: createClient(generated.RoomsDefinition, channel),
    board: createClient(generated.BoardDefinition, channel),
    readiness: createClient(generated.ReadinessDefinition, channel),
  };
};

type Replica = Awaited<ReturnType<typeof clientsOn>> & { readonly gate: Gate; close(): Promise<void> };

/** A replica of the whole application, or of one service of it. */
const replicaOn = async (bench: TestBench, service?: string): Promise<Replica> => {
  const gate = gateBus(bench.ports.bus);
  const whole = replicatedApplication(generated);
  const components = whole.components.filter(({ definition: { name } }) => service === undefined || name === service);
  const served = await bench.serve({ ...whole, components }, {}, { ...bench.ports, bus: gate.bus });
  return { ...(await clientsOn(served.port)), gate, close: served.close };
};

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

const logOf = (bench: TestBench, type: string): Promise<LogRecord[]> =>
  recordsOf(bench.ports.bus, `_rollcall.replicated.${type}`);

/** What a replica says that finds nothing but the last record of each key: the log as compaction leaves it. */
const afterCompaction = async <T>(log: readonly LogRecord[], ask: (replica: Replica) => Promise<T>): Promise<T> => {
  const bench = openTestBench();
  try {
    const last = new Map(log.map((record) => [record.key, record]));
    for (const { topic, key, value, headers } of last.values()) {
      await bench.ports.bus.ensureTopics([{ name: topic, policy: "compact" }]);
      await bench.ports.bus.publish([{ topic, key, value, headers }]);
    }
    return await ask(await replicaOn(bench));
  } finally {
    await bench.close();
  }
};

/** Has both commands made from what both replicas have read by now, and neither from the other. */
const atOnce = async (
  [one, first]: readonly [Replica, () => Promise<unknown>],
  [other, second]: readonly [Replica, () => Promise<unknown>],
): Promise<void> => {
  const release = [one.gate.holdPublish(), other.gate.holdPublish()];
  const calls = [first(), second()];
  await eventually(() => expect([one.gate.waiting(), other.gate.waiting()]).to.deep.equal([1, 1]));
  for (const each of release) each();
  await Promise.all(calls);
};

describeOnBothWays("replicated entities", (openPorts) => {
  let bench: TestBench;
  const key = { id: "k" };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("of every kind tell a change at one replica to the other, and merge what both change at once", async function () {
    this.timeout(120_000);
    const [a, b] = [await replicaOn(bench), await replicaOn(bench)];

    await a.likes.like({ ...key, by: 5n });
    await eventually(async () => expect(await b.likes.get(key)).to.include({ value: 5n }));
    await atOnce([a, () => a.likes.like({ ...key, by: 2n })], [b, () => b.likes.like({ ...key, by: -4n })]);

    await a.tags.add({ ...key, tag: "old" });
    await eventually(async () => expect((await b.tags.get(key)).tags).to.deep.equal(["old"]));
    await atOnce([a, () => a.tags.add({ ...key, tag: "new" })], [b, () => b.tags.remove({ ...key, tag: "old" })]);

    await atOnce(
      [a, () => a.documents.save({ ...key, number: 7n, text: "seventh" })],
      [b, () => b.documents.save({ ...key, number: 6n, text: "sixth" })],
    );

    await a.stock.change({ ...key, article: "nut", by: 10n });
    await eventually(async () => expect((await b.stock.get(key)).pieces).to.deep.equal({ nut: 10n }));
    await atOnce(
      [a, () => a.stock.change({ ...key, article: "nut", by: -1n })],
      [b, () => b.stock.change({ ...key, article: "bolt", by: 3n })],
    );

    const setting = (value: string) => ({ value, set_by: "me" });
    await atOnce(
      [a, () => a.settings.set({ ...key, name: "colour", setting: setting("red") })],
      [b, () => b.settings.set({ ...key, name: "size", setting: setting("large") })],
    );

    await atOnce(
      [a, () => a.rooms.enter({ ...key, room: "hall", guest: { name: "Ann" } })],
      [b, () => b.rooms.enter({ ...key, room: "hall", guest: { name: "Bob" } })],
    );

    await atOnce(
      [a, () => a.board.vote({ ...key, title: "post" })],
      [b, () => b.board.label({ ...key, title: "post", label: "fun" })],
    );

    for (const { likes, tags, documents, stock, settings, rooms, board } of [a, b]) {
      await eventually(async () => {
        expect(await likes.get(key)).to.include({ value: 3n });
        expect((await tags.get(key)).tags).to.deep.equal(["new"]);
        expect(await documents.get(key)).to.include({ text: "seventh" });
        expect((await stock.get(key)).pieces).to.deep.equal({ nut: 9n, bolt: 3n });
        expect(known((await settings.get(key)).settings)).to.deep.equal({
          colour: setting("red"),
          size: setting("large"),
        });
      });
      const { guests } = await rooms.leave({ ...key, room: "hall", guest: { name: "nobody" } });
      expect(guests.map(({ name }) => name)).to.deep.equal(["Ann", "Bob"]);
      const { votes, labels } = await board.label({ ...key, title: "post", label: "fun" });
      expect([votes, labels]).to.deep.equal([1n, ["fun"]]);
    }
  });

  it("count every acknowledged change once, whichever replicas took them", async function () {
    this.timeout(120_000);
    const replicas = [await replicaOn(bench), await replicaOn(bench), await replicaOn(bench)];
    let run = 0;
    const command = fc.record({ at: fc.nat(2), by: fc.integer({ min: -9, max: 9 }), tag: fc.constantFrom("a", "b") });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 15 }), async (commands) => {
        const id = `k-${run++}`;
        await Promise.all(
          commands.map(async ({ at, by, tag }) => {
            const { likes, tags } = replicas[at] as Replica;
            await Promise.all([likes.like({ id, by: BigInt(by) }), tags.add({ id, tag })]);
          }),
        );
        const value = commands.reduce((sum, { by }) => sum + BigInt(by), 0n);
        const expected = [...new Set(commands.map(({ tag }) => tag))].sort();
        for (const { likes, tags } of replicas) {
          await eventually(async () => {
            expect(await likes.get({ id })).to.include({ value });
            expect((await tags.get({ id })).tags).to.deep.equal(expected);
          });
        }
      }),
      { numRuns: 10 },
    );
  });

  it("lose and repeat nothing through failures and restarts at random", async function () {
    this.timeout(120_000);
    const replicas: Replica[] = [];
    for (let n = 0; n < 3; n++) replicas.push(await replicaOn(bench, "Stock"));
    let run = 0;
    const step = fc.record({
      at: fc.nat(2),
      does: fc.constantFrom("change", "change", "change", "fail before", "fail after", "restart"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15, size: "max" }), async (steps) => {
        const id = `k-${run++}`;
        const acknowledged = new Set<string>();
        const unknown = new Set<string>();
        const calls: Promise<unknown>[] = [];
        for (const [n, { at, does }] of steps.entries()) {
          const { gate, stock, close } = replicas[at] as Replica;
          if (does === "restart") {
            await Promise.all(calls.splice(0));
            await close();
            replicas[at] = await replicaOn(bench, "Stock");
            continue;
          }
          if (does !== "change") gate.failNext(does === "fail before" ? "before" : "after");
          const article = `article-${n}`;
          calls.push(
            stock.change({ id, article, by: 1n }).then(
              () => acknowledged.add(article),
              () => unknown.add(article),
            ),
          );
        }
        await Promise.all(calls);
        const piecesAt = async ({ stock }: Replica) => (await stock.get({ id })).pieces;
        await eventually(async () => {
          const [first, ...others] = await Promise.all(replicas.map(piecesAt));
          for (const other of others) expect(other).to.deep.equal(first);
          expect(Object.keys(first ?? {})).to.include.members([...acknowledged]);
          expect([...acknowledged, ...unknown]).to.include.members(Object.keys(first ?? {}));
          for (const pieces of Object.values(first ?? {})) expect(pieces).to.equal(1n);
        });
      }),
      { numRuns: 8 },
    );
  });

  it("have their log end with all that was merged, so that it may be compacted", async function () {
    this.timeout(120_000);
    const [a, b] = [await replicaOn(bench), await replicaOn(bench)];
    await atOnce([a, () => a.likes.like({ ...key, by: 1n })], [b, () => b.likes.like({ ...key, by: 10n })]);
    const told = async () =>
      afterCompaction(await logOf(bench, "likes"), async ({ likes }) => (await likes.get(key)).value);
    await eventually(async () => expect(await told()).to.equal(11n), 30_000);
    // Both replicas saw that something was missing; each may have written once before it read the other's record.
    expect((await logOf(bench, "likes")).length).to.be.within(3, 4);
  });

  it("are rebuilt from their log when all replicas begin anew", async () => {
    const first = await replicaOn(bench);
    await first.likes.like({ ...key, by: 5n });
    await first.tags.add({ ...key, tag: "kept" });
    await first.tags.add({ ...key, tag: "gone" });
    await first.tags.remove({ ...key, tag: "gone" });
    await first.close();
    const second = await replicaOn(bench);
    expect(await second.likes.get(key)).to.include({ value: 5n });
    expect((await second.tags.get(key)).tags).to.deep.equal(["kept"]);
    expect(await second.likes.like({ ...key, by: 1n })).to.include({ value: 6n });
  });

  it("serve, and answer, when they have read their log", async () => {
    const gate = gateBus(bench.ports.bus);
    const release = gate.holdCatchUp();
    const port = await freePort();
    const served = bench.serve(replicatedApplication(generated), { port }, { ...bench.ports, bus: gate.bus });
    const { likes, health } = await clientsOn(port);
    const error = await failureOf(likes.get(key));
    expect(error).to.be.instanceOf(ClientError).with.property("code", Status.UNAVAILABLE);
    expect(await health.check({ service: "replicated.Likes" })).to.have.property("status", "NOT_SERVING");
    release();
    await served;
    expect(await health.check({ service: "replicated.Likes" })).to.have.property("status", "SERVING");
    expect(await likes.get(key)).to.include({ value: 0n });
  });

  it("count a change whose publishing failed if it was written, once, and not if it was not", async () => {
    const { gate, likes } = await replicaOn(bench);
    await likes.like({ ...key, by: 1n });
    gate.failNext("before");
    const error = await failureOf(likes.like({ ...key, by: 10n }));
    expect(error).to.be.instanceOf(ClientError).with.property("code", Status.UNAVAILABLE);
    expect(await likes.like({ ...key, by: 100n })).to.include({ value: 101n });
    gate.failNext("after");
    await failureOf(likes.like({ ...key, by: 1000n }));
    await likes.like({ ...key, by: 10_000n });
    await eventually(async () => expect(await likes.get(key)).to.include({ value: 11_101n }));
  });

  it("count once what is appended twice, and end with what was made meanwhile", async () => {
    const { likes } = await replicaOn(bench);
    await likes.like({ ...key, by: 1n });
    await likes.like({ ...key, by: 10n });
    const twice = await logOf(bench, "likes");
    await likes.like({ ...key, by: 100n });
    for (const { topic, key: of, value, headers } of twice) {
      await bench.ports.bus.publish([{ topic, key: of, value, headers }]);
    }
    await likes.like({ ...key, by: 1000n });
    await eventually(async () => expect(await likes.get(key)).to.include({ value: 1111n }));
  });

  it("remember few of the many writers a key has had", async function () {
    this.timeout(120_000);
    const { gate, likes } = await replicaOn(bench);
    for (let n = 0; n < maxActors + 20; n++) {
      gate.failNext("before");
      await failureOf(likes.like({ ...key, by: 1_000_000n }));
      await likes.like({ ...key, by: 1n });
    }
    expect(await likes.get(key)).to.include({ value: BigInt(maxActors + 20) });
    const sizes = (await logOf(bench, "likes")).map(({ value }) => decodeTree(value ?? new Uint8Array()).seen.size);
    expect(Math.max(...sizes)).to.equal(maxActors);
    expect(sizes.at(-1)).to.be.lessThan(25);
  });

  it("are deleted at every replica, and made anew", async () => {
    const [a, b] = [await replicaOn(bench), await replicaOn(bench)];
    await a.likes.like({ ...key, by: 5n });
    await eventually(async () => expect(await b.likes.get(key)).to.include({ value: 5n }));
    await a.likes.remove(key);
    expect(await a.likes.get(key)).to.include({ value: 0n });
    expect((await logOf(bench, "likes")).at(-1)).to.include({ value: null });
    await eventually(async () => expect(await b.likes.get(key)).to.include({ value: 0n }));
    await atOnce([a, () => a.likes.like({ ...key, by: 1n })], [b, () => b.likes.like({ ...key, by: 2n })]);
    for (const { likes } of [a, b])
      await eventually(async () => expect(await likes.get(key)).to.include({ value: 3n }));
  });

  it("settle a deletion and a change at once in the order of the log", async () => {
    const [a, b] = [await replicaOn(bench), await replicaOn(bench)];
    await a.likes.like({ ...key, by: 5n });
    await eventually(async () => expect(await b.likes.get(key)).to.include({ value: 5n }));
    await atOnce([a, () => a.likes.remove(key)], [b, () => b.likes.like({ ...key, by: 1n })]);
    // Whichever came second was made again of what the first had left: nothing of the 5 is there in any case.
    const { value } = await a.likes.get(key);
    expect([0n, 1n]).to.include(value);
    await eventually(async () => expect(await b.likes.get(key)).to.include({ value }));
    await eventually(async () => {
      const log = await logOf(bench, "likes");
      expect(await afterCompaction(log, async ({ likes }) => (await likes.get(key)).value)).to.equal(value);
    }, 30_000);
  });

  it("write nothing where nothing changes", async () => {
    const { documents, likes } = await replicaOn(bench);
    await documents.save({ ...key, number: 7n, text: "seventh" });
    expect(await documents.save({ ...key, number: 6n, text: "sixth" })).to.include({ text: "seventh" });
    await likes.remove(key);
    expect([(await logOf(bench, "document")).length, (await logOf(bench, "likes")).length]).to.deep.equal([1, 0]);
  });

  it("vote as many as they are", async function () {
    this.timeout(120_000);
    const [a, b, c] = [await replicaOn(bench), await replicaOn(bench), await replicaOn(bench)];
    await a.readiness.report({ ...key, is_ready: true });
    await eventually(async () => expect(await c.readiness.get(key)).to.include({ ready: 1, replicas: 3, all: false }));
    await b.readiness.report({ ...key, is_ready: true });
    await c.readiness.report({ ...key, is_ready: true });
    await eventually(async () => expect(await a.readiness.get(key)).to.include({ ready: 3, all: true }));
    await b.readiness.report({ ...key, is_ready: false });
    await eventually(async () => expect(await a.readiness.get(key)).to.include({ ready: 2, replicas: 3, all: false }));
    await b.close();
    await eventually(async () => expect(await a.readiness.get(key)).to.include({ ready: 2, replicas: 2, all: true }));
  });
});
