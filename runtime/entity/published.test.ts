import { expect } from "chai";
import type { PendingMessage } from "../ports.ts";
import { createPublished } from "./published.ts";

const message = (sequence: string): PendingMessage => ({ sequence, topic: "t", key: "k", value: null, headers: {} });

describe("createPublished", () => {
  const cleared: string[] = [];
  const failed: string[] = [];
  const busy = new Set<string>();
  const note = async (key: string, through: string): Promise<void> => void cleared.push(`${key} ${through}`);
  const create = (clear = note) =>
    createPublished(clear, { isBusy: (key) => busy.has(key), onError: (key) => void failed.push(key) });

  beforeEach(() => {
    for (const list of [cleared, failed]) list.splice(0);
    busy.clear();
  });

  it("knows what is published until the store has forgotten it", async () => {
    const published = create();
    published.note("k", "2");
    expect(published.without("k", [message("1"), message("2"), message("3")])).to.deep.equal([message("3")]);
    expect(published.without("other", [message("1")])).to.deep.equal([message("1")]);
    await published.settle();
    expect(cleared).to.deep.equal(["k 2"]);
    expect(published.has("k")).to.equal(false);
  });

  it("leaves a busy key to its next change", async () => {
    const published = create();
    busy.add("k");
    published.note("k", "1");
    await published.settle();
    expect(cleared).to.deep.equal([]);
    published.forget("k");
    busy.clear();
    await published.settle();
    expect(cleared).to.deep.equal([]);
  });

  it("keeps a later note while an earlier one is cleared", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const published = create(() => held);
    published.note("k", "1");
    const settled = published.settle();
    published.note("k", "2");
    release();
    await settled;
    expect(published.without("k", [message("2")])).to.deep.equal([]);
  });

  it("takes nothing for published whose clear has failed: a relay may send it again", async () => {
    const published = create(() => Promise.reject(new Error("the store is away")));
    published.note("k", "1");
    await published.settle();
    expect(failed).to.deep.equal(["k"]);
    expect(published.has("k")).to.equal(false);
  });
});
