import { expect } from "chai";
import { fieldOf } from "../../runtime/codec.ts";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import { type FollowedChange, isNewerState, type RowState, type TableFollower } from "../../runtime/view/row-state.ts";
import type { Position, ViewTable, ViewWrite } from "../../runtime/view/store.ts";
import { eventually } from "../support/eventually.ts";
import { expectCases } from "../support/expect-cases.ts";
import { expectCode } from "../support/expect-code.ts";
import { type Customers, loadCustomers } from "../view-protos/customers.ts";
import type { OpenViewStore } from "./view-store.ts";

/** What a follower was told, and the rows as they are after it. */
export type Followed = {
  readonly follower: TableFollower;
  readonly changes: FollowedChange[];
  readonly rows: Map<string, RowState>;
  resets: number;
};

const withinMs = 15_000;

/** The laws of `ViewStore.follow`, for any adapter. */
export const describeFollow = (name: string, open: OpenViewStore): void => {
  describe(`followed view: ${name}`, function () {
    this.timeout(60_000);
    let opened: Awaited<ReturnType<OpenViewStore>>;
    let customers: Customers;
    let query: CompiledQuery;
    let table: ViewTable;
    const followers: TableFollower[] = [];

    before(async () => {
      customers = await loadCustomers();
    });
    beforeEach(async () => {
      opened = await open();
      query = customers.query("SELECT * FROM customers WHERE name = :customer_name");
      table = customers.table(query);
      await opened.store.open(table);
    });
    afterEach(async () => {
      for (const follower of followers.splice(0)) await follower.close();
      await opened.close();
    });

    const follow = async (): Promise<Followed> => {
      const changes: FollowedChange[] = [];
      const rows = new Map<string, RowState>();
      const followed: Omit<Followed, "follower"> = { changes, rows, resets: 0 };
      const follower = await opened.store.follow(table, {
        onChanges(told) {
          changes.push(...told);
          for (const state of told) rows.set(state.key, state);
        },
        onReset: () => {
          followed.resets += 1;
        },
      });
      followers.push(follower);
      return Object.assign(followed, { follower });
    };
    const write = (...writes: readonly ViewWrite[]): Promise<void> => opened.store.write(table, writes);
    const put = (key: string, age: number, at = 1): ViewWrite => customers.put(key, { name: "x", age }, at);
    const remove = (key: string, at: number): ViewWrite => ({ ...put(key, 0, at), row: undefined });
    const request = () => customers.request.fromPartial({ customer_name: "x" });
    const ageOf = (state: RowState | undefined): unknown => state?.row && fieldOf(state.row, "age");
    const snapshot = async (follower: TableFollower): Promise<RowState[]> => {
      const states: RowState[] = [];
      for await (const { rows } of follower.snapshot(query.plan, request())) states.push(...rows);
      return states;
    };

    it("tells every change of a row with its key, its positions and the row, in order", async () => {
      await write(put("before", 1));
      const { changes, rows } = await follow();
      await write(put("a", 1, 1));
      await write(put("a", 2, 2), put("b", 3, 1));
      await eventually(() => expect([ageOf(rows.get("a")), ageOf(rows.get("b"))]).to.deep.equal([2, 3]), withinMs);
      const position = { scale: "sequence", at: "2".padStart(20, "0") };
      expect([...(rows.get("a")?.at ?? [])]).to.deep.equal([["customers", position]]);
      const orders = changes.map(({ order }) => order);
      expect(orders).to.deep.equal(orders.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(new Set(orders).size).to.equal(orders.length);
    });

    it("tells of a deletion, and nothing of a write that changes nothing", async () => {
      await write(put("a", 1, 1));
      const { changes, rows } = await follow();
      await write(remove("a", 5));
      await write(put("a", 7, 4));
      await write(put("last", 9));
      await eventually(() => expect(ageOf(rows.get("last"))).to.equal(9), withinMs);
      expect(rows.get("a")?.row).to.equal(undefined);
      expect(changes.filter(({ key, row }) => key === "a" && row !== undefined && ageOf(rows.get(key)) === 7)).to.be
        .empty;
    });

    it("tells of rows that handlers made, and of none that was refused", async () => {
      const { rows } = await follow();
      const { key, position, row } = put("made", 4);
      const at = new Map([["customers", position]]);
      const none = new Map<string, Position>();
      expect(await opened.store.replace(table, [{ key, expected: none, at, row }])).to.deep.equal([true]);
      const refused = put("made", 5).row;
      expect(await opened.store.replace(table, [{ key, expected: none, at, row: refused }])).to.deep.equal([false]);
      await write(put("last", 1));
      await eventually(() => expect(ageOf(rows.get("last"))).to.equal(1), withinMs);
      expect([ageOf(rows.get("made")), [...(rows.get("made")?.at ?? [])]]).to.deep.equal([4, [...at]]);
    });

    it("keeps a source's name for nothing but data", async () => {
      const { rows } = await follow();
      for (const source of ["__proto__", "a.b", "$set"]) await write({ ...put(source, 1), source });
      await eventually(() => expect(rows.size).to.equal(3), withinMs);
      for (const [key, { at }] of rows) expect([...at.keys()]).to.deep.equal([key]);
    });

    it("gives with a snapshot and what follows all rows, whatever is written meanwhile", async () => {
      const keys = Array.from({ length: 700 }, (_, i) => `k${i}`);
      await write(...keys.map((key) => put(key, 0, 1)));
      const { follower, changes } = await follow();
      const known = new Map<string, RowState>();
      const writing = (async () => {
        for (let at = 2; at <= 6; at += 1) {
          await write(...keys.filter((_, i) => i % at === 0).map((key) => put(key, at, at)));
          await write(...keys.filter((_, i) => i % 50 === at).map((key) => remove(key, at)), put(`new ${at}`, at));
        }
      })();
      for (const state of await snapshot(follower)) known.set(state.key, state);
      await writing;
      await write(put("last", 1));
      await eventually(() => expect(changes.some(({ key }) => key === "last")).to.equal(true), withinMs);
      for (const change of changes) {
        const state = known.get(change.key);
        if (state === undefined || isNewerState(change, state.at)) known.set(change.key, change);
      }
      const agesOf = (states: readonly RowState[]): Record<string, unknown> =>
        Object.fromEntries(states.map((state) => [state.key, ageOf(state)]));
      const kept = [...known.values()].filter(({ row }) => row !== undefined);
      expect(agesOf(kept)).to.deep.equal(agesOf(await snapshot(follower)));
    });

    it("reads with a snapshot whatever was told before it", async () => {
      const { follower, rows } = await follow();
      for (let at = 1; at <= 10; at += 1) {
        await write(put("a", at, at));
        await eventually(() => expect(ageOf(rows.get("a"))).to.equal(at), withinMs);
        expect((await snapshot(follower)).map(ageOf)).to.deep.equal([at]);
      }
    });

    it("says up to which order a snapshot may know", async () => {
      const { follower, changes } = await follow();
      await write(put("a", 1));
      const upTo: bigint[] = [];
      for await (const page of follower.snapshot(query.plan, request())) upTo.push(page.upTo);
      await write(put("b", 1));
      await eventually(() => expect(changes.map(({ key }) => key)).to.include("b"), withinMs);
      const [a, b] = ["a", "b"].map((key) => changes.find((change) => change.key === key)?.order ?? 0n);
      for (const limit of upTo) expect([(a ?? 0n) <= limit, (b ?? 0n) > limit]).to.deep.equal([true, true]);
      expect(follower.position()).to.equal(b);
    });

    it("tells several followers the same, under the same orders", async () => {
      const [first, second] = [await follow(), await follow()];
      for (let i = 0; i < 5; i += 1) await write(put(`k${i}`, i));
      await eventually(() => {
        expect([first.rows.size, second.rows.size]).to.deep.equal([5, 5]);
      }, withinMs);
      const told = ({ changes }: Followed) =>
        changes.filter(({ row }) => row !== undefined).map(({ key, order }) => [key, order]);
      expect(told(first)).to.deep.equal(told(second));
      expect(first.follower.epoch).to.equal(second.follower.epoch);
    });

    it("tells nothing of other tables, and nothing once it is closed", async () => {
      const other = customers.table(query);
      await opened.store.open(other);
      const [open, closed] = [await follow(), await follow()];
      await closed.follower.close();
      await opened.store.write(other, [put("other", 1)]);
      await write(put("a", 1));
      await eventually(() => expect(open.rows.has("a")).to.equal(true), withinMs);
      expect([...open.rows.keys(), closed.rows.size]).to.deep.equal(["a", 0]);
    });

    it("follows a condition's snapshot and a whole table's alike", async () => {
      const whole = customers.query("SELECT * FROM customers");
      await write(put("a", 1), customers.put("y", { name: "y" }), remove("gone", 1));
      const { follower } = await follow();
      const keys: string[] = [];
      for await (const { rows } of follower.snapshot(whole.plan, request())) keys.push(...rows.map(({ key }) => key));
      expect(keys.sort()).to.deep.equal(["a", "y"]);
      expect((await snapshot(follower)).map(({ key }) => key)).to.deep.equal(["a"]);
    });

    it("says what a request lacks, and that a table is not open", async () => {
      const { follower } = await follow();
      const lacking = customers.query("SELECT * FROM customers WHERE name = :nick");
      const read = async (): Promise<void> => {
        for await (const page of follower.snapshot(lacking.plan, request())) expect(page).to.equal(undefined);
      };
      await opened.store.open({ ...customers.table(lacking, query), id: table.id });
      await expectCode(read(), "MISSING_PARAMETER");
      const nothing = { onChanges: () => {}, onReset: () => {} };
      await expectCode(opened.store.follow(customers.table(query), nothing), "STORE_UNAVAILABLE");
    });

    expectCases(11);
  });
};
