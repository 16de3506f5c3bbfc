import { expect } from "chai";
import { createCoalescer } from "./coalesce.ts";

describe("createCoalescer", () => {
  it("gives up a call that has waited too long behind a silent flush, and does not flush it later", async () => {
    const flushed: (readonly number[])[] = [];
    let answer = (): void => {};
    const silence = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const submit = createCoalescer(
      async (items: readonly number[]) => {
        flushed.push(items);
        if (flushed.length === 1) await silence;
        return items;
      },
      { waitMs: 400, tooLate: () => new Error("too late") },
    );
    const outcomes = await Promise.allSettled([submit(1), new Promise(setImmediate).then(() => submit(2))]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && String(outcome.reason))).to.deep.equal([
      "Error: too late",
      "Error: too late",
    ]);
    answer();
    expect(await submit(3)).to.equal(3);
    expect(flushed).to.deep.equal([[1], [3]]);
  });
});
