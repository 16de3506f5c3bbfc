import { readFileSync } from "node:fs";
import { expect } from "chai";
import { buildFixture, compileFixture, customerRegistry } from "../../test/contract-protos/fixtures.ts";
import { keyFieldReader } from "./annotations.ts";
import { compileContract } from "./compile.ts";
import type { MethodModel, Model } from "./model.ts";

const own = () => compileContract(readFileSync("gen/descriptors.binpb"));

const method = ({ services }: Model, service: string, name: string): MethodModel => {
  const found = services.get(service)?.methods.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no ${service}.${name}`);
  return found;
};

describe("compileContract", () => {
  it("finds no mistakes in the project's own protos", () => {
    expect(own().mistakes).to.deep.equal([]);
  });

  it("finds the entities with their state", () => {
    const entities = [...own().model.entities.values()];
    expect(
      entities.map(({ fullName, kind, entityType, state }) => [fullName, kind, entityType, state?.typeName]),
    ).to.have.deep.members([
      [
        "presence.heartbeat.v1.UserPresenceHeartbeat",
        "replicated_register",
        "user_presence_heartbeat",
        "presence.v1.Heartbeat",
      ],
      ["presence.state.v1.UserPresence", "value_entity", "user_presence", "presence.v1.UserPresenceState"],
      ["presence.state.v1.UserStatus", "value_entity", "user_status", "presence.v1.UserStatus"],
    ]);
  });

  it("reads a method of an action with its rule for HTTP", () => {
    const {
      desc: _,
      input,
      output,
      location,
      ...rest
    } = method(own().model, "presence.heartbeat.v1.PresenceHeartbeatEventService", "HeartbeatEvent");
    expect(rest).to.deep.equal({
      name: "HeartbeatEvent",
      handler: "heartbeatEvent",
      path: "/presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent",
      shape: "unary",
      keyFields: ["user_id", "device_id"],
      generatesKey: false,
      http: [{ verb: "PUT", path: "/users/{user_id}/devices/{device_id}/heartbeat", body: "*" }],
      source: undefined,
      ignores: false,
      ignoresUnknown: false,
      handlesDeletes: false,
      destination: undefined,
      update: undefined,
      query: undefined,
      isExposed: true,
    });
    expect([input.typeName, output.typeName]).to.deep.equal([
      "presence.heartbeat.v1.PresenceHeartbeatCommand",
      "presence.v1.Heartbeat",
    ]);
    expect(location.file).to.equal("presence/heartbeat/v1/heartbeat_api.proto");
  });

  it("hides methods that are only a topic's mouth or ear, or a view's update", () => {
    const { model } = own();
    const hidden = [...model.services.values()].flatMap(({ methods }) =>
      methods.filter(({ isExposed }) => !isExposed).map(({ path }) => path),
    );
    expect(hidden).to.have.members([
      "/presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEventToKafka",
      "/presence.state.v1.PresenceHeartbeatEventService/HeartbeatEvent",
      "/presence.state.v1.PresenceHeartbeatEventService/HeartbeatForgotten",
      "/presence.state.v1.PresenceUserEventService/UserEvent",
      "/presence.state.v1.PresenceUserEventService/UserEventForgotten",
      "/presence.state.v1.PresenceUserEventService/UserDue",
      "/presence.view.v1.PresenceUserQueryApi/UpdateView",
      "/presence.view.v1.PresenceQueryApi/UpdateView",
    ]);
  });

  it("infers a view and names its consumer group", async () => {
    const { model } = await compileFixture("seed-query");
    const service = "com.example.demo.presence.domain.PresenceQueryApi";
    expect(model.services.get(service)?.kind).to.equal("view");
    const update = method(model, service, "UpdateView");
    expect(update.source).to.deep.equal({ kind: "topic", name: "users", group: `${service}.python-consumer-group` });
    expect(update.update).to.deep.equal({ table: "users", transform: false });
    expect(method(model, service, "GetUsers").query).to.deep.equal({
      text: "SELECT * AS results FROM users",
      transform: false,
      streamUpdates: false,
      location: { file: "api_spec.proto", line: 41, column: 13 },
    });
  });

  it("reads the early names of entity sources as the present ones", async () => {
    const { model } = await compileFixture(customerRegistry);
    const group = "customers.CustomerByName";
    expect(method(model, group, "UpdateCustomer").source).to.deep.equal({
      kind: "value_entity",
      name: "customers",
      group,
    });
    const log = method(model, "customers.CustomerByNameView", "ProcessCustomerCreated");
    expect(log.source?.kind).to.equal("event_sourced_entity");
    expect(log.update).to.deep.equal({ table: "customers", transform: true });
  });

  it("infers kinds, merges codegen and leaves other services alone", async () => {
    const { model } = await compileFixture("rule-service-type");
    const kinds = [...model.services.values()].map(({ fullName, kind }) => [fullName, kind]);
    expect(kinds).to.deep.equal([
      ["service_type.Torn", "view"],
      ["service_type.InferredAction", "action"],
      ["service_type.GeneratedAction", "action"],
    ]);
    const codegen = (await compileFixture("foreign-schema")).model;
    expect(codegen.services.get("foreign.Carts")).to.deep.include({ kind: "entity", component: "foreign.Cart" });
    expect(codegen.entities.get("foreign.Cart")).to.deep.include({ kind: "value_entity", entityType: "cart" });
  });

  it("takes an entity's name in codegen for a full one where it is, and the schema that it supplies knows id", async () => {
    const { model } = await compileFixture("successor");
    expect([...model.entities.keys()]).to.deep.equal(["customer.domain.Customer", "customer.domain.Account"]);
    expect(method(model, "customer.api.CustomerService", "GetCustomer").keyFields).to.deep.equal(["customer_id"]);
  });

  it("reads keys and made keys under the names of a later schema", async () => {
    const { model } = await compileFixture("foreign-schema");
    expect(method(model, "foreign.Carts", "Find").keyFields).to.deep.equal(["cart_id"]);
    expect(method(model, "foreign.Carts", "Create").generatesKey).to.equal(true);
    expect(method(model, "foreign.Carts", "Get").generatesKey).to.equal(false);
  });

  it("gives methods the source of their service, unless they have their own", async () => {
    const { model } = await compileFixture("rule-eventing");
    const shared = method(model, "eventing.Sharing", "M0");
    expect(shared.source).to.deep.equal({ kind: "topic", name: "shared", group: "eventing.Sharing" });
    expect(shared.ignoresUnknown).to.equal(true);
  });

  it("exposes streamed methods that publish, and hides those that consume", async () => {
    const { model } = await compileFixture("rule-eventing");
    expect(method(model, "eventing.Doing", "M7").isExposed).to.equal(false);
    expect(method(model, "eventing.Doing", "M8").isExposed).to.equal(true);
  });

  it("fills variables into the names of topics, and tells the services' own that are not set", async () => {
    const bytes = await buildFixture("rule-not-supported");
    const named = (environment?: Record<string, string>, serves?: readonly string[]) => {
      const { model, mistakes } = compileContract(bytes, {
        ...(environment && { environment }),
        ...(serves && { serves }),
      });
      const unset = mistakes.filter(({ code }) => code === "TOPIC_VARIABLE_UNSET").map(({ text }) => text);
      const consumer = method(model, "not_supported.Events", "M9").source?.name;
      return { consumer, publisher: method(model, "not_supported.Events", "M10").destination, unset };
    };
    expect(named({ TOPIC: "orders" })).to.deep.equal({ consumer: "orders", publisher: "to-orders", unset: [] });
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the spelling of the protos
    expect(named()).to.deep.equal({ consumer: "${TOPIC}", publisher: "to-${TOPIC}", unset: [] });
    const { unset } = named({ TOPIC: "" });
    expect(unset).to.deep.equal([
      'method "not_supported.Events.M9" names the topic "${TOPIC}", and the variable TOPIC is not set.',
      'method "not_supported.Events.M10" names the topic "to-${TOPIC}", and the variable TOPIC is not set.',
    ]);
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the spelling of the protos
    expect(named({}, ["not_supported.Rows"]).unset).to.deep.equal([]);
  });

  it("judges the names that variables make", async () => {
    const { mistakes } = compileContract(await buildFixture("rule-not-supported"), { environment: { TOPIC: "a b" } });
    const invalid = mistakes.filter(({ code }) => code === "TOPIC_INVALID").map(({ text }) => text);
    expect(invalid[0]).to.contain('"a b"');
    expect(invalid[1]).to.contain('"to-a b"');
  });

  it("reads additional bindings", async () => {
    const { model } = await compileFixture("rule-http-twice");
    expect(method(model, "http_twice.Items", "M0").http).to.deep.equal([
      { verb: "GET", path: "/items/{id}", body: "" },
      { verb: "GET", path: "/things/{id}", body: "" },
    ]);
  });

  it("answers bytes that are no descriptor set with a mistake", () => {
    const { model, mistakes } = compileContract(new TextEncoder().encode("no descriptors"));
    expect(mistakes.map(({ code }) => code)).to.deep.equal(["DESCRIPTORS_UNREADABLE"]);
    expect(model.services.size).to.equal(0);
  });
});

describe("keyFieldReader", () => {
  it("gives key fields in declaration order, in the early spelling too", async () => {
    const { registry } = (await compileFixture("rule-entity-methods")).model;
    const keyFieldsOf = keyFieldReader(registry);
    const keysOf = (name: string) => {
      const message = registry.getMessage(`entity_methods.${name}`);
      return message && keyFieldsOf(message);
    };
    expect(keysOf("Pair")).to.deep.equal(["id", "part"]);
    expect(keysOf("Renamed")).to.deep.equal(["cart_id"]);
    expect(keysOf("Plain")).to.deep.equal([]);
  });
});
