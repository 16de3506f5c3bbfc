import { toBinary } from "@bufbuild/protobuf";
import { expect } from "chai";
import { loadViewProtos } from "../test/view-protos/load.ts";
import { generatedForm, readRequest } from "./explain-request.ts";

describe("the request of rollcall explain", function () {
  this.timeout(60_000);

  const json = {
    customer_name: "ann",
    nick: "",
    address: { city: "Wien" },
    score: "9007199254740993",
    token: "AQI=",
    tier: "TIER_GOLD",
    joined: "2026-01-02T03:04:05.000000006Z",
    note: "n",
    names: ["a", "b"],
  };

  for (const [name, text] of [
    ["with every kind of field", JSON.stringify(json)],
    ["that is empty", undefined],
  ] as const) {
    it(`has the form of the generated code, ${name}`, async () => {
      const { model, message, typeOf } = await loadViewProtos();
      const desc = message("test.views.Request");
      const request = readRequest(desc, text, model.registry);
      // What the generated code reads from the same bytes.
      const expected: Record<string, unknown> = { ...typeOf(desc).decode(toBinary(desc, request)) };
      const withoutUnknown = (value: unknown): unknown =>
        JSON.parse(
          JSON.stringify(value, (key, each: unknown) =>
            key === "_unknownFields" ? undefined : typeof each === "bigint" ? `${each}n` : each,
          ),
        );
      expect(withoutUnknown(generatedForm(desc, request))).to.deep.equal(withoutUnknown(expected));
    });
  }

  it("refuses JSON of another type", async () => {
    const { model, message } = await loadViewProtos();
    expect(() => readRequest(message("test.views.Request"), '{"age": "old"}', model.registry)).to.throw(
      /--params.*age/,
    );
  });
});
