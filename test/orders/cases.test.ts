import { expect } from "chai";
import { specify, startTestkit } from "../../runtime/testkit/index.ts";
import { componentsOf, nothingSeen } from "./components.ts";
import { definitionsOf, generateOrders } from "./generated.ts";
import { environment } from "./shop.ts";

describe("the testkit, of an action that only a topic calls, under a name with a variable", () => {
  const shop = async () => {
    const generated = await generateOrders();
    const { orders, entries, intake } = componentsOf(definitionsOf(generated), generated, nothingSeen());
    const components = [orders, entries, intake];
    const application = { name: "shop", descriptors: generated.descriptors, components };
    return { application, orders, intake, codecs: generated.codecs };
  };

  it("has all messages that it makes of one in a case, as one unit", async () => {
    const { application, orders, intake } = await shop();
    const { given } = specify(application, { environment });
    const lines = [
      { item: "a", count: 1 },
      { item: "b", count: 0 },
      { item: "c", count: 2 },
    ];
    const split = given(orders, "o").when(intake, "split", { order_id: "o", lines });
    await split.thenExpect({
      reply: undefined,
      state: { order_id: "o" },
      topics: { "dev-lines": [{ item: "a" }, { item: "c" }] },
    });
    const below = given(orders, "o").when(intake, "split", { order_id: "o", lines: [{ item: "d", count: -1 }] });
    const { error, isChanged, topics } = await below.outcome();
    expect(String(error)).to.contain("d is below nothing");
    expect({ isChanged, topics }).to.deep.equal({ isChanged: false, topics: {} });
  });

  it("hears of them in a whole application", async () => {
    const { application, codecs } = await shop();
    const testkit = await startTestkit(application, { environment });
    try {
      const line = { item: "a", count: 1 };
      const order = { order_id: "o", note: "", lines: [line], changes: 0 };
      await testkit.topic("dev-orders").publish(codecs.Order, order, { key: "o" });
      await testkit.topic("dev-lines").expectOne(codecs.Line, line);
    } finally {
      await testkit.close();
    }
  });
});
