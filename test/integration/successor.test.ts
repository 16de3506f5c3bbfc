import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import { decodeMessage } from "../../runtime/codec.ts";
import { successorApplication } from "../successor/customers.ts";
import { eventually } from "../support/eventually.ts";
import { known } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

describeOnBothWays("an application annotated for the successor platform", (openPorts) => {
  let bench: TestBench;
  const serve = async () => {
    const { application, definitions, added } = await successorApplication();
    const channel = createChannel(`127.0.0.1:${(await bench.serve(application)).port}`);
    return {
      customers: createClient(definitions.customers, channel),
      accounts: createClient(definitions.accounts, channel),
      byName: createClient(definitions.byName, channel),
      added,
    };
  };

  before(async function () {
    // Generates its code.
    this.timeout(60_000);
    await successorApplication();
  });
  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("keeps its value entity, and answers its view from it", async () => {
    const { customers, byName } = await serve();
    const ann = { customer_id: "a", email: "ann@example.com", name: "Ann" };
    await customers.create(ann);
    expect(known(await customers.getCustomer({ customer_id: "a" }))).to.deep.equal(ann);
    const missing = await customers.getCustomer({ customer_id: "b" }).catch((reason: unknown) => reason);
    expect(String(missing)).to.contain("NOT_FOUND");
    await eventually(async () => {
      const { customers: found } = await byName.getCustomers({ customer_name: "Ann" });
      expect(known(found)).to.deep.equal([ann]);
    });
  });

  it("keeps its event-sourced entity, and publishes its events by its action", async () => {
    const { accounts, added } = await serve();
    await accounts.addPoints({ customer_id: "a", points: 2 });
    expect(await accounts.addPoints({ customer_id: "a", points: 3 })).to.include({ customer_id: "a", points: 5 });
    await eventually(async () => {
      // What was published while the action read the store may have come twice, under one id.
      const told = new Map((await recordsOf(bench.ports.bus, "points")).map((each) => [each.headers.ce_id, each]));
      const points = [...told.values()].map(({ value }) => decodeMessage(added, value ?? new Uint8Array()).points);
      expect(points).to.have.members([2, 3]);
      for (const { headers } of told.values()) expect(headers.ce_type).to.equal("customer.domain.PointsAdded");
    });
    expect(await recordsOf(bench.ports.bus, "points.dead-letter")).to.deep.equal([]);
  });
});
