import { expect } from "chai";
import fc from "fast-check";
import { MeshError } from "../errors.ts";
import { keyOf, keyParts } from "./key.ts";

const fields = ["a", "b"];
const keyable = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .filter((text) => text !== "." && text !== ".." && !text.includes("\0"));

describe("keyOf", () => {
  it("joins the fields in declaration order and chooses the partition by the first", () => {
    expect(keyOf({ a: "user", b: "device" }, fields)).to.deep.equal({ text: "user/device", partitionKey: "user" });
  });

  it("keeps keys apart that only differ in where a separator stands", () => {
    expect(keyOf({ a: "a/b", b: "c" }, fields).text).to.equal("a%2Fb/c");
    expect(keyOf({ a: "a", b: "b/c" }, fields).text).to.equal("a/b%2Fc");
    expect(keyOf({ a: "a%2Fb", b: "c" }, fields).text).to.equal("a%252Fb/c");
  });

  it("is undone by keyParts for any fields", () => {
    fc.assert(
      fc.property(keyable, keyable, (a, b) => {
        expect(keyParts(keyOf({ a, b }, fields).text)).to.deep.equal([a, b]);
      }),
    );
  });

  it("takes numbers", () => {
    expect(keyOf({ a: 7n, b: 3 }, fields).text).to.equal("7/3");
  });

  for (const [name, value] of [
    ["an empty field", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["NUL", "a\0b"],
    ["257 characters", "x".repeat(257)],
  ] as const) {
    it(`refuses ${name}, naming the field`, () => {
      const attempt = () => keyOf({ a: "ok", b: value }, fields);
      expect(attempt).to.throw(MeshError).with.property("code", "INVALID_KEY");
      expect(attempt).to.throw(MeshError).with.nested.property("fields[0].field", "b");
    });
  }

  it("counts characters, not units of UTF-16", () => {
    expect(keyOf({ a: "😀".repeat(256), b: "d" }, fields).partitionKey).to.equal("😀".repeat(256));
  });
});
