import { expect } from "chai";
import { eventually } from "../../test/support/eventually.ts";
import { inBursts } from "./in-bursts.ts";

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe("inBursts", () => {
  it("gives together what comes in one turn, and apart what comes in another", async () => {
    async function* source() {
      yield* [1, 2, 3];
      await turn();
      await turn();
      yield* [4, 5];
    }
    const bursts: (readonly number[])[] = [];
    for await (const burst of inBursts(source(), 100)) bursts.push(burst);
    expect(bursts).to.deep.equal([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it("gives what came before an error, then the error", async () => {
    async function* source() {
      yield* [1, 2];
      throw new Error("over");
    }
    const given: number[] = [];
    const error = await (async () => {
      for await (const burst of inBursts(source(), 100)) given.push(...burst);
    })().catch((reason: unknown) => reason);
    expect(given).to.deep.equal([1, 2]);
    expect(error).to.be.instanceOf(Error).with.property("message", "over");
  });

  it("reads ahead of its reader by what it may, and ends its source when the reader goes", async () => {
    let made = 0;
    let isEnded = false;
    async function* source() {
      try {
        for (; ; made += 1) yield made;
      } finally {
        isEnded = true;
      }
    }
    const bursts = inBursts(source(), 10);
    const first = await bursts.next();
    expect(first.value).to.have.length(10);
    await turn();
    await turn();
    expect(made).to.be.lessThan(30);
    await bursts.return(undefined);
    await eventually(() => expect(isEnded).to.equal(true));
  });
});
