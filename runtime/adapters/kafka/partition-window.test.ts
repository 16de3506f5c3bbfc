import { expect } from "chai";
import { eventually } from "../../../test/support/eventually.ts";
import type { LogRecord } from "../../ports.ts";
import { createPartitionWindow, type PartitionWindow } from "./partition-window.ts";

const records = (from: number, to: number): LogRecord[] =>
  Array.from({ length: to - from }, (_, i) => ({
    topic: "t",
    partition: 0,
    offset: BigInt(from + i),
    key: "k",
    value: null,
    headers: {},
    timestamp: 0,
  }));

describe("the window of a partition", () => {
  let delivered: bigint[];
  let progress: bigint[];
  let failures: unknown[];
  let running: { resolve: () => void; reject: (error: unknown) => void }[];
  let window: PartitionWindow;

  beforeEach(() => {
    delivered = [];
    progress = [];
    failures = [];
    running = [];
    window = createPartitionWindow({
      size: 10,
      onBatch: (batch) => {
        delivered.push(...batch.map(({ offset }) => offset));
        return new Promise((resolve, reject) => running.push({ resolve, reject }));
      },
      onProgress: (end) => progress.push(end),
      onRoom: () => {},
      onFailure: (error) => failures.push(error),
    });
  });

  it("delivers as much as has room, and the rest when there is room again", async () => {
    window.push(records(0, 25), 25n);
    await eventually(() => expect(delivered).to.have.length(10));
    expect(window.queued).to.equal(15);
    running[0]?.resolve();
    await eventually(() => expect(delivered).to.have.length(20));
    running[1]?.resolve();
    await eventually(() => expect(delivered).to.deep.equal(records(0, 25).map(({ offset }) => offset)));
    expect(window.next).to.equal(25n);
  });

  it("tells progress only as far as everything before is resolved", async () => {
    for (const from of [0, 3, 6]) window.push(records(from, from + 3), BigInt(from + 3));
    await eventually(() => expect(running).to.have.length(3));
    running[2]?.resolve();
    running[1]?.resolve();
    window.push(records(9, 12), 12n);
    await eventually(() => expect(delivered).to.have.length(12));
    expect(progress).to.deep.equal([]);
    running[0]?.resolve();
    await eventually(() => expect(progress).to.deep.equal([9n]));
  });

  it("counts offsets that compaction has left out as done", async () => {
    window.push([...records(3, 4), ...records(90, 91)], 100n);
    await eventually(() => expect(running).to.have.length(1));
    running[0]?.resolve();
    await eventually(() => expect(progress).to.deep.equal([91n]));
  });

  it("delivers nothing after a failure, and tells it once", async () => {
    window.push(records(0, 10), 10n);
    window.push(records(10, 20), 20n);
    await eventually(() => expect(running).to.have.length(1));
    running[0]?.reject("no");
    await eventually(() => expect(failures).to.deep.equal(["no"]));
    window.push(records(20, 30), 30n);
    await window.stop();
    expect(delivered).to.have.length(10);
    expect(progress).to.deep.equal([]);
  });

  it("stops when the running callbacks have returned", async () => {
    window.push(records(0, 20), 20n);
    await eventually(() => expect(running).to.have.length(1));
    let hasStopped = false;
    const stopped = window.stop().then(() => {
      hasStopped = true;
    });
    expect(hasStopped).to.equal(false);
    running[0]?.resolve();
    await stopped;
    expect(progress).to.deep.equal([10n]);
    expect(delivered).to.have.length(10);
  });

  it("has no effect any more once the partition is lost", async () => {
    window.push(records(0, 20), 20n);
    await eventually(() => expect(running).to.have.length(1));
    window.abandon();
    running[0]?.resolve();
    await window.stop();
    expect([progress, failures, delivered.length]).to.deep.equal([[], [], 10]);
  });
});
