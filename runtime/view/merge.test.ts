import { expect } from "chai";
import fc from "fast-check";
import { createMerge } from "./merge.ts";

describe("createMerge", () => {
  const streams = fc.array(fc.array(fc.nat(20), { maxLength: 12 }), { minLength: 1, maxLength: 5 });

  it("gives each item of all streams once and in order, whatever the pieces they come in", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 4 }), (given, piece) => {
        const rest = given.map((items) => [...new Set(items)].sort((a, b) => a - b));
        const merge = createMerge<number>(rest.length, (a, b) => a - b);
        const merged: number[] = [];
        while (true) {
          for (let i = merge.starving(); i !== undefined; i = merge.starving()) {
            const items = rest[i]?.splice(0, piece) ?? [];
            merge.feed(i, items, items.length < piece);
          }
          const next = merge.next();
          if (next !== undefined) merged.push(next);
          else if (merge.starving() === undefined) break;
        }
        expect(merged).to.deep.equal([...new Set(given.flat())].sort((a, b) => a - b));
      }),
    );
  });

  it("tells nothing while a stream may still bring something less", () => {
    const merge = createMerge<number>(2, (a, b) => a - b);
    merge.feed(0, [5], true);
    expect(merge.next()).to.equal(undefined);
    expect(merge.starving()).to.equal(1);
    merge.feed(1, [1], true);
    expect([merge.next(), merge.next(), merge.next()]).to.deep.equal([1, 5, undefined]);
  });
});
