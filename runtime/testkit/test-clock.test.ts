import { expect } from "chai";
import { sleep } from "../timers.ts";
import { createActivity } from "./activity.ts";
import { createTestClock } from "./test-clock.ts";

describe("createTestClock", () => {
  it("stands still until it is moved, and calls back in the order of time", async () => {
    const { now, timers, advance } = createTestClock(1000);
    const calls: string[] = [];
    timers.after(30, () => calls.push(`late at ${now()}`));
    timers.after(10, () => {
      calls.push(`early at ${now()}`);
      timers.after(5, () => calls.push(`between at ${now()}`));
    });
    const cancel = timers.after(20, () => calls.push("cancelled"));
    cancel();
    await advance(29);
    expect(calls).to.deep.equal(["early at 1010", "between at 1015"]);
    expect(now()).to.equal(1029);
    await advance(1);
    expect(calls.at(-1)).to.equal("late at 1030");
  });

  it("lets what was waited for run before time goes on", async () => {
    const { now, timers, advance } = createTestClock(0);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await sleep(timers, 10);
        seen.push(now());
      }
    };
    const done = loop();
    await advance(100);
    await done;
    expect(seen).to.deep.equal([10, 20, 30]);
  });

  it("passes by itself for as long as something takes", async () => {
    const { now, timers, during } = createTestClock(0);
    await during(sleep(timers, 1000));
    expect(now()).to.be.within(1000, 1050);
  });
});

describe("createActivity", () => {
  it("is settled while work waits for time, and not while it waits for anything else", async () => {
    let isAwaited = true;
    const { during, settled } = createActivity(() => isAwaited, 50);
    let end = (): void => {};
    const work = during(
      "a call of /greet",
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    );
    await settled();
    isAwaited = false;
    const error = await settled().catch((reason: unknown) => reason);
    expect(String(error)).to.contain("has not settled in 50 ms: a call of /greet");
    end();
    await work;
    await settled();
  });
});
