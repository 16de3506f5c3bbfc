import { expect } from "chai";
import { specify } from "../../runtime/testkit/index.ts";
import { replicatedApplication, replicatedEntities } from "./entities.ts";
import { type Generated, generateReplicated } from "./generated.ts";

const partsOf = (generated: Generated) => ({
  ...replicatedEntities(generated),
  ...specify(replicatedApplication(generated)),
});

describe("a case of replicated data", () => {
  let parts: ReturnType<typeof partsOf>;
  before(async () => {
    parts = partsOf(await generateReplicated());
  });

  it("begins with what is made of empty data, and tells what it says then", async () => {
    const { given, likes, tags } = parts;
    await given(likes, "k", (counter) => counter.increment(5n))
      .when("like", { id: "k", by: 2n })
      .thenExpect({ reply: { value: 7n }, state: { value: 7n } });
    await given(tags, "k", (set) => set.add("a", "b"))
      .when("remove", { id: "k", tag: "a" })
      .thenExpect({ reply: { tags: ["b"] }, state: { size: 1 } });
    await given(likes, "k")
      .when("get", { id: "k" })
      .thenExpect({ reply: { value: 0n } });
  });

  it("fails where the data says something else", async () => {
    const { given, likes } = parts;
    const liked = given(likes, "k").when("like", { id: "k", by: 2n });
    const error = await liked.thenExpect({ state: { value: 3n } }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property("message").that.includes("2n").and.includes("3n");
  });
});
