import { expect } from "chai";
import { createTestClock } from "./testkit/test-clock.ts";
import { processTimers, repeat, sleep, within } from "./timers.ts";

describe("sleep", () => {
  const aborted = (signal: AbortSignal): Promise<unknown> =>
    sleep(processTimers, 60_000, { signal }).catch((reason: unknown) => reason);

  it("ends with the signal's reason, before and while it sleeps", async () => {
    const controller = new AbortController();
    const sleeping = aborted(controller.signal);
    controller.abort("enough");
    expect(await sleeping).to.equal("enough");
    expect(await aborted(controller.signal)).to.equal("enough");
  });

  it("resolves after its time", async () => {
    const since = processTimers.elapsed();
    await sleep(processTimers, 20, { signal: new AbortController().signal });
    expect(processTimers.elapsed() - since).to.be.at.least(19);
  });
});

describe("within", () => {
  it("gives the value that comes in time, or none", async () => {
    expect(await within(processTimers, 60_000, Promise.resolve("in time"))).to.equal("in time");
    expect(await within(processTimers, 1, new Promise<string>(() => {}))).to.equal(undefined);
  });
});

describe("repeat", () => {
  it("calls back until it is stopped, from within the call too", async () => {
    const { timers, advance } = createTestClock(0);
    const at: number[] = [];
    const stop = repeat(timers, 10, () => {
      at.push(timers.elapsed());
      if (at.length === 3) stop();
    });
    await advance(100);
    expect(at).to.deep.equal([10, 20, 30]);
  });
});
