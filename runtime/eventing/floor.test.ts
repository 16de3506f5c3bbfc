import { expect } from "chai";
import fc from "fast-check";
import { isApplied, withApplied } from "../entity/applied.ts";
import { createFloor } from "./floor.ts";

describe("createFloor", () => {
  it("stays at the lowest open offset, whatever is settled beyond it", () => {
    const floor = createFloor();
    for (const offset of [3n, 5n, 9n]) floor.begin(offset);
    floor.settle(5n);
    expect(floor.lowest()).to.equal(3n);
    floor.settle(3n);
    expect(floor.lowest()).to.equal(9n);
    floor.settle(9n);
    expect(floor.lowest()).to.equal(undefined);
  });

  it("begins again where records are delivered again", () => {
    const floor = createFloor();
    for (const offset of [1n, 2n, 3n]) floor.begin(offset);
    floor.settle(2n);
    for (const offset of [2n, 3n]) floor.begin(offset);
    floor.settle(1n);
    expect(floor.lowest()).to.equal(2n);
  });
});

describe("withApplied", () => {
  it("knows exactly what was applied or settled, in whatever order a window is worked on", () => {
    const order = fc.shuffledSubarray([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n], { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(order, fc.nat(8), (offsets, count) => {
        const floor = createFloor();
        for (let offset = 0n; offset < 8n; offset++) floor.begin(offset);
        let applied: readonly bigint[] | undefined;
        const done = new Set<bigint>();
        for (const offset of offsets.slice(0, count)) {
          expect(isApplied(applied, offset)).to.equal(false);
          applied = withApplied(applied, { source: "s", offset, floor: floor.lowest() ?? offset });
          floor.settle(offset);
          done.add(offset);
        }
        for (let offset = 0n; offset < 8n; offset++) expect(isApplied(applied, offset)).to.equal(done.has(offset));
      }),
    );
  });
});
