import { expect } from "chai";
import fc from "fast-check";
import { findAll } from "../../../test/contract/view-store.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { expectCode } from "../../../test/support/expect-code.ts";
import { startWatching, untilTold, type Watching } from "../../../test/support/watching.ts";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { openDatabase } from "../../adapters/sqlite/database.ts";
import { createSqliteViewStore } from "../../adapters/sqlite/view-store.ts";
import { fieldOf, type Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import type { CompiledQuery } from "../compile-query.ts";
import type { FollowedChange } from "../row-state.ts";
import type { ViewStore, ViewTable } from "../store.ts";
import { createLiveQuery, type LiveQueryCall } from "./live-query.ts";
import { createLiveTable, type LiveTable, type LiveTableOptions } from "./live-table.ts";

const text = "SELECT * AS row FROM customers WHERE name = :customer_name";

describe("a live query", () => {
  let customers: Customers;
  let store: ViewStore;
  let table: ViewTable;
  let query: CompiledQuery;
  let live: LiveTable;
  let call: LiveQueryCall;
  let closeAll: () => Promise<void>;

  before(async () => {
    customers = await loadCustomers();
  });

  const compile = (query: string, response = "CustomerChange"): CompiledQuery => {
    const outcome = customers.compileLive(query, response);
    if (outcome.kind === "ok") return outcome.value;
    throw new Error(outcome.problems.map((problem) => problem.text).join("; "));
  };
  const callOf = (compiled: CompiledQuery, response = "CustomerChange", idleMs = 60_000): LiveQueryCall =>
    createLiveQuery({
      path: "/test/Watch",
      compiled,
      live,
      request: customers.request,
      response: customers.type(response),
      idleMs,
    });
  const open = async (options: Partial<LiveTableOptions> = {}, where = text): Promise<void> => {
    const { db, close } = openDatabase({ folder: ":memory:" });
    store = createSqliteViewStore(db);
    query = compile(where);
    table = customers.table(query);
    await store.open(table);
    live = createLiveTable({ store, table, ...options });
    call = callOf(query);
    closeAll = async () => {
      await live.close();
      await store.close();
      close();
    };
  };
  beforeEach(() => open());
  afterEach(() => closeAll());

  const ask = (request: object = {}): Message => customers.request.fromPartial({ customer_name: "x", ...request });
  const watch = (request: object = {}, by = call): Watching => startWatching((signal) => by(ask(request), signal));
  let at = 0;
  const put = (key: string, name: string, more: object = {}): Promise<void> => {
    at += 1;
    return store.write(table, [customers.put(key, { name, ...more }, at)]);
  };
  const remove = (key: string): Promise<void> => {
    at += 1;
    return store.write(table, [{ ...customers.put(key, {}, at), row: undefined }]);
  };
  const lastToken = ({ messages }: Watching): string => String(fieldOf(messages.at(-1) ?? {}, "resume_token"));

  it("tells the rows there are, a marker, then what enters, changes and leaves", async () => {
    await put("a", "x");
    await put("other", "y");
    const seen = watch({ request_id: "r" });
    await untilTold(seen, 2);
    await put("b", "x");
    await put("a", "x", { age: 5 });
    await put("other", "y", { age: 5 });
    await put("a", "y");
    await remove("b");
    await untilTold(seen, 6);
    expect(seen.told).to.deep.equal(["ENTER a", "SYNCED", "ENTER b", "UPDATE a", "LEAVE a", "LEAVE b"]);
    const rows = seen.messages.map((message) => fieldOf(message, "row"));
    expect(rows[3]).to.deep.include({ customer_id: "a", age: 5 });
    // A row that is still there comes with its LEAVE.
    expect(rows[4]).to.deep.include({ customer_id: "a", name: "y" });
    expect([rows[1], rows[5]]).to.deep.equal([undefined, undefined]);
    const sequences = seen.messages.map((message) => fieldOf(message, "sequence") as bigint);
    expect(sequences).to.deep.equal(sequences.toSorted((a, b) => (a < b ? -1 : 1)));
    await seen.stop();
  });

  it("puts parameters beside the row, and tells only rows where nothing else has a place", async () => {
    const beside = compile("SELECT * AS row, :request_id FROM customers WHERE name = :customer_name");
    const seen = watch({ request_id: "r" }, callOf(beside));
    const bare = watch({}, callOf(compile(text, "BareChange"), "BareChange"));
    const rows = watch(
      {},
      callOf(compile("SELECT * FROM customers WHERE name = :customer_name", "Customer"), "Customer"),
    );
    const summaries = watch({}, callOf(compile("SELECT customer_id AS id FROM customers", "Summary"), "Summary"));
    await untilTold(seen, 1);
    await eventually(() => expect(live.counts().watchers).to.equal(4));
    await put("a", "x");
    await put("a", "y");
    await put("b", "x");
    await eventually(() => {
      expect(seen.told.at(-1)).to.equal("ENTER b");
      expect(
        bare.messages.map((message) => fieldOf(fieldOf(message, "row") as Message, "customer_id")).at(-1),
      ).to.equal("b");
      expect(rows.messages.map((message) => fieldOf(message, "customer_id")).at(-1)).to.equal("b");
      expect(summaries.messages.map((message) => fieldOf(message, "id")).at(-1)).to.equal("b");
    });
    expect(seen.messages.map((message) => fieldOf(message, "request_id"))).to.include("r");
    for (const each of [seen, bare, rows, summaries]) await each.stop();
  });

  it("takes what a handler leaves out for what is not in the result", async () => {
    const transform = (row: Message) => (fieldOf(row, "age") === 0 ? undefined : { ...row, nick: "shown" });
    const base = { path: "/test/Watch", compiled: query, live, request: customers.request };
    const seen = watch({}, createLiveQuery({ ...base, response: customers.type("CustomerChange"), transform }));
    await untilTold(seen, 1);
    for (const [key, age] of [
      ["a", 0],
      ["a", 1],
      ["a", 2],
      ["a", 0],
      ["b", 1],
    ] as const) {
      await put(key, "x", { age });
    }
    await eventually(() => expect(seen.told.at(-1)).to.equal("ENTER b"));
    expect(fold(seen.messages)).to.deep.equal(["b 1"]);
    expect(fieldOf(fieldOf(seen.messages.at(-1) ?? {}, "row") as Message, "nick")).to.equal("shown");
    await seen.stop();
  });

  it("follows a table once for a thousand watchers, and not at all when they are gone", async () => {
    let followers = 0;
    const follow: ViewStore["follow"] = async (...args) => {
      followers += 1;
      return store.follow(...args);
    };
    await closeAll();
    await open({ lingerMs: 0 });
    live = createLiveTable({ store: { ...store, follow }, table, lingerMs: 0 });
    call = callOf(query);
    const all = Array.from({ length: 1000 }, (_, i) => watch({ customer_name: `n${i % 100}` }));
    await eventually(() => expect(all.every(({ told }) => told.length === 1)).to.equal(true), 15_000);
    expect([followers, live.counts()]).to.deep.equal([1, { watchers: 1000, queries: 1, followers: 1 }]);
    await put("a", "n7");
    await eventually(() => expect(all.filter(({ told }) => told.includes("ENTER a"))).to.have.length(10));
    await put("a", "n8");
    await eventually(() => {
      expect(all.filter(({ told }) => told.includes("LEAVE a"))).to.have.length(10);
      expect(all.filter(({ told }) => told.includes("ENTER a"))).to.have.length(20);
    });
    await Promise.all(all.map((each) => each.stop()));
    await eventually(() => expect(live.counts()).to.deep.equal({ watchers: 0, queries: 0, followers: 0 }));
  });

  it("gives a slow reader the latest state of each row, and no queue", async () => {
    const reader = call(ask(), new AbortController().signal)[Symbol.asyncIterator]();
    expect(fieldOf((await reader.next()).value as Message, "change")).to.equal("SYNCED");
    const next = reader.next();
    await put("first", "x");
    await next;
    for (let age = 1; age <= 500; age += 1) await put(age % 2 === 0 ? "a" : "b", "x", { age });
    await put("gone", "x");
    await put("gone", "y");
    await put("last", "x");
    const told: unknown[] = [];
    while (told.at(-1) !== "last") {
      const message = (await reader.next()).value as Message;
      const row = fieldOf(message, "row") as Message;
      told.push(fieldOf(message, "key"));
      if (told.length <= 2) expect(fieldOf(row, "age")).to.be.oneOf([499, 500]);
    }
    expect(told).to.deep.equal(["b", "a", "last"]);
    await reader.return?.(undefined);
    expect(live.counts().watchers).to.equal(0);
  });

  it("resumes with what was missed: each row touched, as it is or as a LEAVE", async () => {
    await put("same", "x");
    await put("a", "x");
    await put("b", "x");
    const first = watch();
    await untilTold(first, 4);
    const resume_token = lastToken(first);
    await first.stop();
    await put("a", "x", { age: 2 });
    await put("b", "y");
    await put("c", "x");
    await put("never", "y");
    const again = watch({ resume_token });
    await untilTold(again, 5);
    expect(again.told.slice(0, 4).sort()).to.deep.equal(["ENTER a", "ENTER c", "LEAVE b", "LEAVE never"]);
    expect(again.told[4]).to.equal("SYNCED");
    await put("same", "x", { age: 3 });
    await put("same", "y");
    await untilTold(again, 7);
    expect(again.told.slice(5)).to.deep.equal(["UPDATE same", "LEAVE same"]);
    // Nothing happened after its last token, so nothing is told again.
    const last = lastToken(again);
    await again.stop();
    const idle = watch({ resume_token: last });
    await untilTold(idle, 1);
    expect(idle.told).to.deep.equal(["SYNCED"]);
    await idle.stop();
  });

  it("tells after a resume what the snapshot knew before the follower told it", async () => {
    await put("same", "x");
    await put("leaves", "x");
    // A follower that lags, as a change stream may, behind what a snapshot reads.
    const held: FollowedChange[] = [];
    let position = 0n;
    let deliver = (): void => {};
    const follow: ViewStore["follow"] = async (followed, { onChanges, onReset }) => {
      const follower = await store.follow(followed, { onChanges: (changes) => held.push(...changes), onReset });
      position = follower.position();
      deliver = () => {
        for (const change of held.splice(0)) {
          position = change.order;
          onChanges([change]);
        }
      };
      return { ...follower, position: () => position };
    };
    live = createLiveTable({ store: { ...store, follow }, table });
    call = callOf(query);
    const first = watch();
    await untilTold(first, 3);
    const resume_token = lastToken(first);
    await first.stop();
    await put("enters", "x");
    await put("leaves", "y");
    const again = watch({ resume_token });
    await untilTold(again, 1);
    expect(again.told).to.deep.equal(["SYNCED"]);
    deliver();
    await untilTold(again, 3);
    await put("enters", "x", { age: 1 });
    deliver();
    await untilTold(again, 4);
    expect(again.told).to.deep.equal(["SYNCED", "ENTER enters", "LEAVE leaves", "UPDATE enters"]);
    await again.stop();
    await live.close();
  });

  it("says RESYNC and everything anew when it cannot know what was missed", async () => {
    await closeAll();
    await open({ remembered: 3 });
    await put("a", "x");
    const first = watch();
    await untilTold(first, 2);
    const resume_token = lastToken(first);
    for (const key of ["b", "c", "d", "e"]) await put(key, "y");
    const late = watch({ resume_token });
    await untilTold(late, 3);
    expect(late.told).to.deep.equal(["RESYNC", "ENTER a", "SYNCED"]);
    const foreign = watch({ resume_token: resume_token.replace(/^[^.]+/, "0000") });
    await untilTold(foreign, 3);
    expect(foreign.told).to.deep.equal(["RESYNC", "ENTER a", "SYNCED"]);
    for (const each of [first, late, foreign]) await each.stop();
  });

  it("refuses a token that is none, or of other parameters", async () => {
    const first = watch();
    await untilTold(first, 1);
    const resume_token = lastToken(first);
    await first.stop();
    for (const request of [{ resume_token: "nonsense" }, { resume_token, customer_name: "y" }]) {
      const refused = watch(request);
      await expectCode(Promise.reject(await refused.ended), "INVALID_RESUME_TOKEN");
    }
    const lacking = watch({}, callOf(compile("SELECT * AS row FROM customers WHERE name = :nick")));
    await expectCode(Promise.reject(await lacking.ended), "MISSING_PARAMETER");
    expect(live.counts().watchers).to.equal(0);
  });

  it("says SYNCED again in a silence, with a newer token", async () => {
    const seen = watch({}, callOf(query, "CustomerChange", 20));
    await untilTold(seen, 1);
    const first = lastToken(seen);
    await put("other", "y");
    await eventually(() => {
      expect(seen.told.at(-1)).to.equal("SYNCED");
      expect(lastToken(seen)).to.not.equal(first);
    });
    await seen.stop();
  });

  it("ends with UNAVAILABLE when the server stops, and lets nobody in after that", async () => {
    const seen = watch();
    await untilTold(seen, 1);
    await live.close();
    for (const error of [await seen.ended, await watch().ended]) {
      expect(error).to.be.instanceOf(MeshError);
      expect(error).to.include({ code: "SHUTTING_DOWN", statusName: "UNAVAILABLE", retryAfterMs: 100 });
    }
    expect(live.counts()).to.deep.equal({ watchers: 0, queries: 0, followers: 0 });
  });

  it("leaves each watcher with the rows that the query finds, whatever is written and however it reads", async () => {
    const conditions = [
      "name = :customer_name",
      "name = :customer_name AND age > 1",
      "age > 1 OR name = :customer_name",
    ];
    const name = fc.constantFrom("x", "y", "z");
    const write = fc.record({
      key: fc.constantFrom("a", "b", "c", "d"),
      name,
      age: fc.integer({ min: 0, max: 3 }),
      gone: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...conditions),
        fc.array(write, { maxLength: 10 }),
        fc.array(write, { maxLength: 30 }),
        fc.array(name, { minLength: 1, maxLength: 3 }),
        async (where, before, after, names) => {
          await closeAll();
          await open({ lingerMs: 0 }, `SELECT * AS row FROM customers WHERE ${where}`);
          const apply = ({ key, name, age, gone }: { key: string; name: string; age: number; gone: boolean }) =>
            gone ? remove(key) : put(key, name, { age });
          for (const each of before) await apply(each);
          const seen = names.map((customer_name) => watch({ customer_name }));
          for (const each of after) await apply(each);
          for (const [i, { messages }] of seen.entries()) {
            const found = await findAll(store, table, query, ask({ customer_name: names[i] }));
            await eventually(() => expect(fold(messages)).to.deep.equal(found.map(keyAndAge).sort()));
          }
          await Promise.all(seen.map((each) => each.stop()));
        },
      ),
      { numRuns: 60 },
    );
  });
});

const keyAndAge = (row: Message): string => `${String(fieldOf(row, "customer_id"))} ${String(fieldOf(row, "age"))}`;

/** The rows that someone has who did as told. */
const fold = (messages: readonly Message[]): string[] => {
  const rows = new Map<string, Message>();
  for (const message of messages) {
    const key = String(fieldOf(message, "key"));
    const change = fieldOf(message, "change");
    if (change === "RESYNC") rows.clear();
    else if (change === "LEAVE") rows.delete(key);
    else if (change !== "SYNCED") rows.set(key, fieldOf(message, "row") as Message);
  }
  return [...rows.values()].map(keyAndAge).sort();
};
