import { expect } from "chai";
import type { MessageFns } from "../runtime/codec.ts";
import { generateProtos, loadGenerated } from "../test/support/generate-protos.ts";

const proto = `
syntax = "proto3";
package racing.v1;
message Team { string name = 1; }
message Result {
  string constructor = 1;
  repeated string toString = 2;
  Team valueOf = 3;
  optional int64 hasOwnProperty = 4;
}
`;

describe("generated fields with names that every object has", () => {
  let result: MessageFns;
  before(async () => {
    const folder = await generateProtos("racing", new Map([["racing/v1/racing.proto", proto]]));
    result = (await loadGenerated(`${folder}/racing/v1/racing.ts`)).Result as MessageFns;
  });

  it("are unset where nothing is said of them", () => {
    const message = result.fromPartial({});
    expect(message).to.deep.include({ constructor: "", toString: [], valueOf: undefined, hasOwnProperty: undefined });
    expect(result.encode(message).finish()).to.have.length(0);
  });

  it("keep what they are given", () => {
    const given = { constructor: "Ligier", toString: ["a", "b"], valueOf: { name: "n" }, hasOwnProperty: 3n };
    const read = result.decode(result.encode(result.fromPartial(given)).finish()) as typeof given;
    expect(read.constructor).to.equal("Ligier");
    expect(read.toString).to.deep.equal(["a", "b"]);
    expect(read.valueOf).to.deep.include({ name: "n" });
    expect(read.hasOwnProperty).to.equal(3n);
  });
});
