import { expect } from "chai";
import { MeshError } from "../errors.ts";
import { createTurns } from "./turns.ts";

describe("createTurns", () => {
  it("gives a free turn at once", () => {
    expect(createTurns().enter("k")).to.equal(undefined);
  });

  it("lets those who wait in, one after the other, in their order", async () => {
    const turns = createTurns();
    await turns.enter("k");
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      await turns.enter("k");
      order.push(n);
      await Promise.resolve();
      expect(order.at(-1)).to.equal(n);
      turns.leave("k");
    });
    expect(order).to.deep.equal([]);
    turns.leave("k");
    await Promise.all(waiting);
    expect(order).to.deep.equal([1, 2, 3]);
    expect(turns.isTaken("k")).to.equal(false);
  });

  it("lets who has waited long enough leave the queue, and nobody lose the turn by it", async () => {
    const turns = createTurns();
    await turns.enter("k");
    const impatient = turns.enter("k", { waitMs: 20 });
    const patient = turns.enter("k", { waitMs: 10_000 });
    const error = await impatient?.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MeshError).with.property("code", "KEY_BUSY");
    turns.leave("k");
    await patient;
    turns.leave("k");
    expect(turns.isTaken("k")).to.equal(false);
  });

  it("lets who may read do so, once the change before it is committed, and nobody else", async () => {
    const turns = createTurns();
    await turns.enter("k");
    const reader = turns.enter("k", { waitMs: 10_000, mayRead: true });
    const writer = turns.enter("k", { waitMs: 10_000 });
    turns.commit("k");
    expect(await reader).to.equal(false);
    expect(await Promise.race([writer, Promise.resolve("waits")])).to.equal("waits");
    turns.leave("k");
    expect(await writer).to.equal(true);
    // The next holder has committed nothing yet.
    const error = await turns.enter("k", { waitMs: 20, mayRead: true })?.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MeshError).with.property("code", "KEY_BUSY");
    turns.leave("k");
    expect(turns.isTaken("k")).to.equal(false);
  });

  it("holds other keys back from nothing", () => {
    const turns = createTurns();
    expect(turns.enter("a")).to.equal(undefined);
    expect(turns.enter("b")).to.equal(undefined);
  });
});
