import { expect } from "chai";
import { MeshError } from "../errors.ts";
import { failureKind } from "../eventing/failure.ts";
import { isNewer, positionOf } from "./position.ts";
import { rowKeyOf } from "./row-key.ts";
import type { ViewStore, ViewTable, ViewWrite } from "./store.ts";
import { parseTimestamp, timestampText } from "./timestamp.ts";
import { createUpdater, type ViewEvent } from "./updater.ts";

const event: ViewEvent = {
  source: "users",
  subject: "u/d",
  recordKey: "k",
  message: { user_id: "u", device_id: "d/1" },
  sequence: "7.0",
  partition: 3,
  offset: 12n,
};

describe("rowKeyOf", () => {
  const keyFields = ["user_id", "device_id"];

  it("takes the subject, else the key fields, else the record's key", () => {
    expect(rowKeyOf(event, keyFields)).to.equal("u/d");
    expect(rowKeyOf({ ...event, subject: undefined }, keyFields)).to.equal("u/d%2F1");
    expect(rowKeyOf({ ...event, subject: "" }, [])).to.equal("k");
    expect(rowKeyOf({ ...event, subject: undefined, message: undefined }, keyFields)).to.equal("k");
  });

  it("gives up for good on a record that names no row", () => {
    try {
      rowKeyOf({ subject: undefined, message: {}, recordKey: undefined }, keyFields);
      expect.fail("a record without any key has got one");
    } catch (error) {
      expect(error).to.be.instanceOf(MeshError);
      expect(failureKind(error)).to.equal("terminal");
    }
  });
});

describe("positionOf", () => {
  it("orders as numbers do", () => {
    const at = (sequence: string) => positionOf({ ...event, sequence });
    expect(isNewer(at("10.0"), at("9.5"))).to.equal(true);
    expect(isNewer(at("9.10"), at("9.9"))).to.equal(true);
    expect(isNewer(at("9.9"), at("9.9"))).to.equal(false);
    expect(isNewer(at("9"), undefined)).to.equal(true);
  });

  it("falls back to the offset, on a scale for each partition", () => {
    const position = positionOf({ ...event, sequence: undefined });
    expect(position).to.deep.equal({ scale: "offset/3", at: "00000000000000000012" });
    expect(isNewer(position, positionOf({ ...event, sequence: undefined, partition: 4, offset: 99n }))).to.equal(true);
    expect(isNewer(position, positionOf({ ...event, sequence: "none" }))).to.equal(false);
  });
});

describe("createUpdater", () => {
  it("writes one batch for one call", async () => {
    const batches: (readonly ViewWrite[])[] = [];
    const store = { write: async (_: ViewTable, writes: readonly ViewWrite[]) => void batches.push(writes) };
    const table = { id: "t" } as ViewTable;
    const updater = createUpdater({ store: store as ViewStore, table, keyFields: [] });
    await updater.apply([event, { ...event, message: undefined, offset: 13n, sequence: "8.0" }]);
    await updater.apply([]);
    expect(batches).to.have.length(1);
    expect(batches[0]?.map(({ key, row, position }) => [key, row === undefined, position.scale])).to.deep.equal([
      ["u/d", false, "sequence"],
      ["u/d", true, "sequence"],
    ]);
  });
});

describe("timestamps", () => {
  it("have one text of fixed width", () => {
    expect(timestampText({ seconds: 0n, nanos: 5 })).to.equal("1970-01-01T00:00:00.000000005Z");
    expect(timestampText({ seconds: -62135596800n, nanos: 0 })).to.equal("0001-01-01T00:00:00.000000000Z");
    expect(timestampText({ seconds: 253402300800n, nanos: 0 })).to.equal(undefined);
    expect(timestampText({ seconds: 0n, nanos: 1_000_000_000 })).to.equal(undefined);
  });

  it("are read from RFC 3339 with a zone and nothing else", () => {
    expect(parseTimestamp("1970-01-01T01:00:00.5+01:00")).to.deep.equal({ seconds: 0n, nanos: 500_000_000 });
    for (const text of ["1970-01-01", "1970-01-01T00:00:00", "1970-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "now"]) {
      expect(parseTimestamp(text), text).to.equal(undefined);
    }
  });
});
