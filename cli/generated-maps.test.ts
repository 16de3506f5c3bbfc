import { expect } from "chai";
import type { MessageFns } from "../runtime/codec.ts";
import { generateProtos, loadGenerated } from "../test/support/generate-protos.ts";

const proto = `
syntax = "proto3";
package maps.v1;
enum Color { NONE = 0; RED = 1; }
message Item { string name = 1; }
message Maps {
  map<string, string> texts = 1;
  map<string, int64> longs = 2;
  map<string, bytes> blobs = 3;
  map<string, bool> flags = 4;
  map<string, Color> colors = 5;
  map<string, double> reals = 6;
  map<string, Item> items = 7;
  map<int32, string> numbered = 8;
  map<bool, string> sides = 9;
  map<int64, string> far = 10;
}
`;

describe("generated maps", () => {
  let maps: MessageFns;
  before(async () => {
    const folder = await generateProtos("maps", new Map([["maps/v1/maps.proto", proto]]));
    maps = (await loadGenerated(`${folder}/maps/v1/maps.ts`)).Maps as MessageFns;
  });
  const bytesOf = (message: object): string =>
    Buffer.from(maps.encode(maps.fromPartial(message)).finish()).toString("hex");

  it("have both fields in each entry, however empty", () => {
    const entry = (field: number, key: string, value: string): string => {
      const bytes = key + value;
      return [(field << 3) | 2, bytes.length / 2].map((byte) => byte.toString(16).padStart(2, "0")).join("") + bytes;
    };
    expect(bytesOf({ texts: { "": "" } })).to.equal(entry(1, "0a00", "1200"));
    expect(bytesOf({ longs: { "": 0n } })).to.equal(entry(2, "0a00", "1000"));
    expect(bytesOf({ blobs: { "": Buffer.alloc(0) } })).to.equal(entry(3, "0a00", "1200"));
    expect(bytesOf({ flags: { "": false } })).to.equal(entry(4, "0a00", "1000"));
    expect(bytesOf({ colors: { "": "NONE" } })).to.equal(entry(5, "0a00", "1000"));
    expect(bytesOf({ reals: { "": 0 } })).to.equal(entry(6, "0a00", "110000000000000000"));
    expect(bytesOf({ items: { "": { name: "" } } })).to.equal(entry(7, "0a00", "1200"));
    expect(bytesOf({ numbered: { 0: "" } })).to.equal(entry(8, "0800", "1200"));
    expect(bytesOf({ sides: new Map([[false, ""]]) })).to.equal(entry(9, "0800", "1200"));
    expect(bytesOf({ far: new Map([[0n, ""]]) })).to.equal(entry(10, "0800", "1200"));
  });

  it("keep what an object has a meaning for as a key like any other", () => {
    const given = { texts: { ["__proto__"]: "p", constructor: "c" }, items: { ["__proto__"]: { name: "n" } } };
    const read = maps.decode(maps.encode(maps.fromPartial(given)).finish()) as {
      readonly texts: object;
      readonly items: Record<string, { readonly name: string }>;
    };
    expect(Object.entries(read.texts)).to.deep.equal([
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
    expect(Object.keys(read.items)).to.deep.equal(["__proto__"]);
    expect(Object.getPrototypeOf(read.items)).to.equal(Object.prototype);
    expect("name" in read.items).to.equal(false);
  });
});
