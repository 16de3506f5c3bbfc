import { expect } from "chai";
import fc from "fast-check";
import { createVersionClock, timeOf } from "./version-clock.ts";

describe("createVersionClock", () => {
  it("puts the time above 4 bits of kind and 12 bits of tag", () => {
    const clock = createVersionClock(
      () => 1_790_000_000_000,
      () => 0xabc,
    );
    expect(clock.next(0n)).to.equal((1_790_000_000_000n << 16n) | 0xabcn);
    expect(timeOf(clock.next(0n))).to.equal(1_790_000_000_000);
  });

  it("grows whatever the wall clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 42 }), { minLength: 2, maxLength: 30 }), (times) => {
        let now = 0;
        const clock = createVersionClock(() => now);
        let version = 0n;
        for (const time of times) {
          now = time;
          const next = clock.next(version);
          expect(next > version).to.equal(true);
          version = next;
        }
      }),
    );
  });

  it("makes a change higher than every kind of its base", () => {
    const clock = createVersionClock(() => 0);
    const base = clock.next(0n);
    expect(clock.next(base | (0xfn << 12n)) > (base | (0xfn << 12n))).to.equal(true);
  });

  it("never ties with a replica of another tag, and takes another tag when asked", () => {
    const tags = [1, 1, 2];
    const clock = createVersionClock(
      () => 5,
      () => tags.shift() ?? 3,
    );
    const first = clock.next(0n);
    expect(clock.isOwn(first)).to.equal(true);
    clock.changeTag();
    expect(clock.isOwn(first)).to.equal(false);
    expect(clock.next(0n)).not.to.equal(first);
  });
});
