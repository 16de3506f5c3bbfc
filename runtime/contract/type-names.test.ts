import { expect } from "chai";
import { buildFixture } from "../../test/contract-protos/fixtures.ts";
import { readDescriptors } from "./descriptors.ts";
import { didYouMean, nearestName, resolveType } from "./type-names.ts";

describe("resolveType", () => {
  it("finds a message by relative, partly qualified, full and dotted name", async () => {
    const registry = readDescriptors(await buildFixture("seed-state"));
    const full = "com.example.demo.presence.domain.Heartbeat";
    for (const name of ["domain.Heartbeat", "presence.domain.Heartbeat", full, `.${full}`]) {
      expect(resolveType(registry, "com.example.demo.presence", name)?.typeName, name).to.equal(full);
    }
  });

  it("takes the message of the innermost package", async () => {
    const registry = readDescriptors(await buildFixture("rule-entities"));
    expect(resolveType(registry, "entities", "Keyed")?.typeName).to.equal("entities.Keyed");
    expect(resolveType(registry, "entities", ".Keyed")?.typeName).to.equal("entities.Keyed");
    expect(resolveType(registry, "elsewhere", ".Keyed")).to.equal(undefined);
    expect(resolveType(registry, "elsewhere", "Keyed")).to.equal(undefined);
  });
});

describe("nearestName", () => {
  it("prefers the same last part, then few changed letters", () => {
    expect(nearestName("a.Cart", ["a.Card", "b.Cart"])).to.equal("b.Cart");
    expect(nearestName("a.Carts", ["a.Cart", "a.Zebra"])).to.equal("a.Cart");
  });

  it("gives nothing when nothing is near", () => {
    expect(nearestName("a.Zebra", ["a.Cart"])).to.equal(undefined);
    expect(didYouMean("a.Zebra", ["a.Cart"])).to.equal("");
  });
});
