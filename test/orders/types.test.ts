import { expect } from "chai";
import { action } from "../../runtime/component/action.ts";
import { error, forward, reply, updateState } from "../../runtime/component/effects.ts";
import { sideEffect } from "../../runtime/component/side-effect.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { Status } from "../../runtime/status.ts";
import { type Definitions, definitionsOf, type Entry, type Generated, generateOrders } from "./generated.ts";

/** Each line below the mark does not compile without it; the compiler is the test. */
const refused = ({ desk, orders, entries, counter }: Definitions, { codecs }: Generated): readonly unknown[] => [
  // @ts-expect-error: the method takes another message
  forward(orders, "get", { entry_id: "a", texts: [] }),
  // @ts-expect-error: there is no such method
  forward(orders, "find", { order_id: "a" }),
  // @ts-expect-error: a method that streams answers nobody else's call
  forward(desk, "lines", { order_id: "a", note: "", lines: [], changes: 0 }),
  // @ts-expect-error: nor is it called on the side
  sideEffect(counter, "sold", { item: "a", count: 1 }),
  // @ts-expect-error: OK is no error
  error(Status.OK, "fine"),
  valueEntity(entries, {
    state: codecs.Entry,
    // @ts-expect-error: it answers an order, and the method an entry
    write: ({ entry_id }) => forward(orders, "get", { order_id: entry_id }),
    // @ts-expect-error: so does what follows the change
    read: (entry) => updateState<Entry>(entry).thenForward(() => forward(orders, "get", { order_id: "a" })),
  }),
  action(counter, { desk }, (components) => ({
    // @ts-expect-error: it gives an order, and the method lines
    async *sold(lines) {
      // @ts-expect-error: clients have no streamed methods
      components.desk.total(lines);
      yield reply({ order_id: "a" });
    },
  })),
];

describe("the types of effects", () => {
  it("let no method be answered by what is not its answer", async () => {
    const generated = await generateOrders();
    expect(refused(definitionsOf(generated), generated)).to.have.length(7);
  });
});
