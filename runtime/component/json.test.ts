import { expect } from "chai";
import { packJson, unpackJson } from "./json.ts";

describe("JSON in an Any", () => {
  it("is read as it was packed", () => {
    expect(unpackJson(packJson("acme.Order", { id: 1 }))).to.deep.equal({ type: "acme.Order", value: { id: 1 } });
  });

  it("is read from what forerunners of the platform have written", () => {
    const { value } = packJson("", [1]);
    for (const prefix of ["json.akkaserverless.com", "json.cloudstate.io", "json.akka.io"]) {
      expect(unpackJson({ type_url: `${prefix}/a.B`, value })).to.deep.equal({ type: "a.B", value: [1] });
    }
    expect(unpackJson({ type_url: "type.googleapis.com/a.B", value })).to.equal(undefined);
  });
});
