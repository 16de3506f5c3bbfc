import { randomUUID } from "node:crypto";
import { expect } from "chai";
import type { NoteStore } from "../../runtime/entity/notes.ts";
import { expectCases } from "../support/expect-cases.ts";
import type { OpenStore } from "./entity-store.ts";

/** What the notes of every EntityStore promise. */
export const describeNoteStore = (name: string, open: OpenStore): void => {
  describe(`NoteStore on ${name}`, () => {
    let notes: NoteStore;
    let close: () => Promise<void>;
    let id: string;

    beforeEach(async () => {
      const opened = await open();
      ({ close } = opened);
      ({ notes } = opened.store);
      id = `n/${randomUUID()}`;
    });
    afterEach(() => close());

    it("has nothing under an unknown id", async () => {
      expect(await notes.load(id)).to.equal(undefined);
    });

    it("writes a first note once, and every other only over what was read", async () => {
      expect(await notes.save(id, 0n, "one")).to.equal("saved");
      expect(await notes.save(id, 0n, "other")).to.equal("conflict");
      expect(await notes.load(id)).to.deep.equal({ revision: 1n, text: "one" });
      expect(await notes.save(id, 1n, "two")).to.equal("saved");
      expect(await notes.save(id, 1n, "late")).to.equal("conflict");
      expect(await notes.load(id)).to.deep.equal({ revision: 2n, text: "two" });
    });

    it("lets one of many concurrent writers through", async () => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => notes.save(id, 0n, String(i))));
      expect(outcomes.filter((outcome) => outcome === "saved")).to.have.length(1);
    });

    it("lists the notes that begin alike", async () => {
      for (const end of ["b", "a", "a/c"]) await notes.save(`${id}/${end}`, 0n, end);
      await notes.save(`${id}x`, 0n, "not this one");
      const found = [...(await notes.list(`${id}/`))];
      expect(found.map(([each, { text }]) => [each, text])).to.deep.equal([
        [`${id}/a`, "a"],
        [`${id}/a/c`, "a/c"],
        [`${id}/b`, "b"],
      ]);
    });

    it("deletes only the note that was read", async () => {
      await notes.save(id, 0n, "one");
      await notes.save(id, 1n, "two");
      expect(await notes.drop(id, 1n)).to.equal("conflict");
      expect(await notes.drop(id, 2n)).to.equal("dropped");
      expect(await notes.drop(id, 2n)).to.equal("conflict");
      expect(await notes.load(id)).to.equal(undefined);
    });

    expectCases(5);
  });
};
