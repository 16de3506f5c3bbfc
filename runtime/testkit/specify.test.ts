import { AssertionError } from "node:assert";
import { expect } from "chai";
import { customerJournal } from "../../examples/customer-registry/customer-journal.ts";
import * as updates from "../../examples/customer-registry/customer-updates.ts";
import { CustomerByNameViewDefinition } from "../../examples/customer-registry/gen/customers/by_name_view.ts";
import { service } from "../../examples/customer-registry/service.ts";
import { heartbeatEvents as deviceEvents } from "../../heartbeat-svc/heartbeat-events.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { heartbeatEvents } from "../../state-svc/heartbeat-events.ts";
import { stateService } from "../../state-svc/service.ts";
import { userPresence } from "../../state-svc/user-presence.ts";
import { userStatus } from "../../state-svc/user-status.ts";
import { registryDescriptors } from "../../test/customers/registry.ts";
import { descriptors } from "../../test/support/descriptors.ts";
import type { Component } from "../component/application.ts";
import { view } from "../component/view.ts";
import { Status } from "../status.ts";
import { specify } from "./specify.ts";

const failureOf = async (expectation: Promise<unknown>): Promise<string> => {
  const error = await expectation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(AssertionError);
  return String(error);
};

describe("specify", () => {
  const device = { user_id: "ann", device_id: "phone" };
  const online = { ...device, is_online: true, version: 5n };
  const { given } = specify(stateService(descriptors));
  const left = given(userPresence, "ann/phone", online).when(heartbeatEvents, "heartbeatEvent", {
    ...device,
    version: 6n,
  });

  it("passes when all that became true was named", () =>
    left.thenExpect({ reply: { version: 6n }, state: { is_online: false }, topics: { users: [{ version: 6n }] } }));

  it("fails on a state or a message that was not named, and shows it", async () => {
    expect(await failureOf(left.thenExpect({ topics: { users: [{}] } }))).to.match(
      /what came of "heartbeatEvent"[\s\S]+\+ {3}state: \{[\s\S]+- {3}state: 'as it was'/,
    );
    expect(await failureOf(left.thenExpect({ state: {} }))).to.match(/users: \[[\s\S]+version: 6n/);
  });

  it("fails on fields that differ, and shows those that were named alone", async () => {
    const failure = await failureOf(
      left.thenExpect({ state: { is_online: true, version: 6n }, topics: { users: [{ user_id: "ann" }] } }),
    );
    expect(failure).to.match(/\+ {5}is_online: false,?\n- {5}is_online: true/);
    expect(failure).not.to.contain("device_id");
  });

  it("fails on a message too few or too many", async () => {
    expect(await failureOf(left.thenExpect({ state: {}, topics: { users: [{}, {}] } }))).to.contain("users");
    expect(await failureOf(left.thenExpect({ state: {}, topics: { users: [{}], presence: [{}] } }))).to.contain(
      "presence",
    );
  });

  it("fails on a field that there is not", async () => {
    const misspelled = { topics: { users: [{ online: false }] } };
    expect(await failureOf(left.thenExpect({ state: {}, ...misspelled }))).to.match(/- {9}online: false/);
  });

  it("fails on the change of an entity that is not the given one", async () => {
    const other = given(userPresence, "ann/watch", online).when("togglePresence", { ...device, version: 6n });
    expect(await failureOf(other.thenExpect({}))).to.contain('"ann/phone"');
    const { when } = specify(stateService(descriptors));
    const alone = when(heartbeatEvents, "heartbeatEvent", { ...device, version: 6n });
    expect(await failureOf(alone.thenExpect({ topics: { users: [{}] } }))).to.contain("nothing but what is given");
  });

  it("takes a stream as the list of all that comes, and fails on an answer too few", async () => {
    const beats = specify(heartbeatService(descriptors)).when(deviceEvents, "heartbeatStream", [
      { ...device, is_online: true },
      { ...device, is_online: true },
    ]);
    const answer = { result: { $case: "heartbeat" as const, value: { user_id: "ann" } } };
    await beats.thenExpect({ reply: [answer, answer], topics: { heartbeats: [{ user_id: "ann" }] } });
    const failure = await failureOf(beats.thenExpect({ reply: [answer], topics: { heartbeats: [{}] } }));
    expect(failure).to.contain("reply");
  });

  it("takes a map and a list as a whole", async () => {
    const profile = { attributes: { a: "1", b: "2" } };
    const stays = given(userPresence, "ann/phone", { ...online, profile }).when("getCurrentUserPresence", device);
    await stays.thenExpect({ reply: { profile: { attributes: { b: "2", a: "1" } } } });
    await failureOf(stays.thenExpect({ reply: { profile: { attributes: { a: "1" } } } }));
    await failureOf(stays.thenExpect({ reply: { profile: { attributes: {} } } }));
  });

  it("tells a refusal from a reply, by status and text", async () => {
    const missing = given(userPresence, "ann/phone").when("getCurrentUserPresence", device);
    await missing.thenFails(Status.NOT_FOUND, "no heartbeat yet");
    expect(await failureOf(missing.thenFails(Status.ABORTED))).to.match(/NOT_FOUND'[\s\S]+ABORTED'/);
    expect(await failureOf(missing.thenFails(Status.NOT_FOUND, "other"))).to.contain('device "phone" of user "ann"');
    expect(await failureOf(missing.thenExpect({ reply: {} }))).to.contain("failed: NOT_FOUND no heartbeat yet");
    expect(await failureOf(left.thenFails(Status.NOT_FOUND))).to.match(/status: 'OK'[\s\S]+status: 'NOT_FOUND'/);
  });

  it("begins each case anew", async () => {
    await left.thenExpect({ state: { version: 6n }, topics: { users: [{}] } });
    await left.thenExpect({ state: { version: 6n }, topics: { users: [{}] } });
  });

  it("leaves names and messages to the compiler", () => {
    // @ts-expect-error there is no such method
    given(userPresence, "k").when("toggle", {});
    // @ts-expect-error there is no such field of the command
    given(userPresence, "k").when("togglePresence", { user: "ann" });
    // @ts-expect-error there is no such field of the state
    given(userPresence, "k", { online: true });
    const commanded = given(userStatus(), "k").when(heartbeatEvents, "heartbeatEvent", {});
    // @ts-expect-error a field of the reply of another type
    void (() => commanded.thenExpect({ reply: { is_online: "yes" } }));
    // @ts-expect-error no event is emitted by a value entity
    void (() => commanded.thenExpect({ events: [{}] }));
  });
});

describe("specify, of events", () => {
  const { given } = specify(service(registryDescriptors));
  const customer = { customer_id: "c", name: "Ann", email: "a@b" };
  const created = { CustomerCreated: { customer } };
  const journal = customerJournal();

  it("given events, when a command comes, then these events, and what they lead to", async () => {
    const renamed = given(journal, "c", created).when("changeName", { customer_id: "c", new_name: "Bea" });
    await renamed.thenExpect({ reply: { name: "Bea" }, events: [{ CustomerNameChanged: { new_name: "Bea" } }] });
    await renamed.thenExpect({ state: { name: "Bea", email: "a@b" } });
    expect(await failureOf(renamed.thenExpect({ events: [created] }))).to.match(/CustomerNameChanged[\s\S]+Bea/);
    expect(await failureOf(renamed.thenExpect({}))).to.contain("as it was");
  });

  it("given nothing, when a command emits several events, then all of them in order", () =>
    given(journal, "c")
      .when("import", { customer_id: "c", email: "a@b", names: ["Ann", "Bea", "Cy"] })
      .thenExpect({
        reply: { name: "Cy" },
        events: [created, { CustomerNameChanged: { new_name: "Bea" } }, { CustomerNameChanged: { new_name: "Cy" } }],
      }));

  it("given no events, when a command needs some, then it is refused", () =>
    given(journal, "c")
      .when("changeName", { customer_id: "c", new_name: "Bea" })
      .thenFails(Status.NOT_FOUND, "no such customer"));

  it("given events, when the entity is deleted, then there is no state", () =>
    given(journal, "c", created)
      .when("remove", { customer_id: "c" })
      .thenExpect({ state: undefined, events: ["deletion"] }));

  it("gives a command the headers that the test names", async () => {
    const told: string[] = [];
    const application = service(registryDescriptors, (text) => void told.push(text));
    const components: readonly Component[] = application.components;
    const notices = components.find(({ definition }) => definition.fullName === "customers.CustomerNotices");
    if (notices?.kind !== "action") expect.fail("there is no such action");
    const deleted = specify(application).when(notices, "sayGoodbye", {}, { headers: { ce_subject: "c" } });
    await deleted.thenExpect({ reply: undefined });
    expect(told).to.deep.equal(["goodbye, c"]);
  });

  it("given events, when a view is asked, then the rows that its handlers made of them", async () => {
    const customers = given(
      view(CustomerByNameViewDefinition, { updates }),
      "c",
      { processCustomerCreated: { customer } },
      { processCustomerNameChanged: { new_name: "Bea" } },
    ).and("d", { processCustomerCreated: { customer: { ...customer, customer_id: "d" } } });
    await customers
      .when("getCustomers", { customer_name: "Bea" })
      .thenExpect([{ customer_id: "c", name: "Bea", email: "a@b" }]);
    const found = customers.when("getCustomers", { customer_name: "Ann" });
    await found.thenExpect([{ customer_id: "d" }]);
    expect(await failureOf(found.thenExpect([]))).to.match(/the answer of "getCustomers"[\s\S]+customer_id: 'd'/);
  });
});
