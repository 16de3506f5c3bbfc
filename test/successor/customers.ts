import { readFile } from "node:fs/promises";
import { readProtoFolder } from "../../cli/proto-folder.ts";
import type { MessageFns } from "../../runtime/codec.ts";
import { action } from "../../runtime/component/action.ts";
import type { Application } from "../../runtime/component/application.ts";
import { error, ignore, reply, updateState } from "../../runtime/component/effects.ts";
import { emitEvents } from "../../runtime/component/emit.ts";
import { eventSourcedEntity } from "../../runtime/component/event-sourced-entity.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { view } from "../../runtime/component/view.ts";
import { Status } from "../../runtime/status.ts";
import { fixturePath } from "../contract-protos/fixtures.ts";
import { unary } from "../support/definition.ts";
import { generateProtos, loadGenerated } from "../support/generate-protos.ts";

type Customer = { customer_id: string; email: string; name: string };
type Account = { customer_id: string; points: number };
type Body = { content_type: string; data: Uint8Array; extensions: [] };
type Empty = Record<never, never>;

const service = <const N extends string, M>(name: N, methods: M) => ({
  name,
  fullName: `customer.api.${name}`,
  methods,
});

/** The definitions of the fixture `successor`, from code that is generated when the tests run. */
const generate = async () => {
  const folder = await generateProtos("successor", await readProtoFolder(fixturePath("successor")));
  const codecs = new Map<string, unknown>();
  for (const file of [
    "customer/api/customer_api",
    "customer/domain/customer_domain",
    "google/api/httpbody",
    "google/protobuf/empty",
  ]) {
    for (const [name, value] of Object.entries(await loadGenerated(`${folder}/${file}.ts`))) codecs.set(name, value);
  }
  for (const [name, value] of Object.entries(await loadGenerated(`${folder}/google/protobuf/any.ts`))) {
    codecs.set(name, value);
  }
  const codec = <T extends object>(name: string) => codecs.get(name) as MessageFns<T>;
  const customer = codec<Customer>("Customer");
  const state = codec<Customer>("CustomerState");
  const account = codec<Account>("Account");
  const joined = codec<{ customer_id: string; name: string }>("CustomerJoined");
  const added = codec<{ points: number }>("PointsAdded");
  const empty = codec<Empty>("Empty");
  const body = codec<Body>("HttpBody");
  return {
    descriptors: await readFile(`${folder}/descriptors.binpb`),
    state,
    account,
    joined,
    added,
    customers: service("CustomerService", {
      create: unary("Create", customer, empty),
      getCustomer: unary("GetCustomer", codec<{ customer_id: string }>("GetCustomerRequest"), customer),
    }),
    accounts: service("AccountService", {
      addPoints: unary("AddPoints", codec<Account>("AddPointsRequest"), account),
    }),
    pages: service("PagesAction", {
      page: unary("Page", codec<{ customer_id: string }>("GetCustomerRequest"), body),
      echo: unary("Echo", body, body),
    }),
    byName: service("CustomersByName", {
      updateCustomer: unary("UpdateCustomer", state, state),
      getCustomers: unary(
        "GetCustomers",
        codec<{ customer_name: string }>("ByNameRequest"),
        codec<{ customers: Customer[] }>("CustomersResponse"),
      ),
    }),
    points: service("PointsAction", {
      tell: unary("Tell", added, added),
      ignore: unary("Ignore", codec<object>("Any"), empty),
    }),
  };
};

export const successorApplication = async () => {
  const { descriptors, state, account, joined, added, customers, accounts, pages, byName, points } = await generate();
  const customerService = valueEntity(customers, {
    state,
    create: ({ customer_id, email, name }) => updateState({ customer_id, email, name }).thenReply(() => ({})),
    getCustomer: (_, present) =>
      present.customer_id === "" ? error(Status.NOT_FOUND, "there is no such customer") : reply(present),
  });
  const accountService = eventSourcedEntity(accounts, {
    state: account,
    events: { CustomerJoined: joined, PointsAdded: added },
    addPoints: ({ customer_id, points: more }, { customer_id: known }) =>
      known === ""
        ? emitEvents({ CustomerJoined: { customer_id, name: "" } }, { PointsAdded: { points: more } }).thenReply(
            (next) => next,
          )
        : emitEvents({ PointsAdded: { points: more } }).thenReply((next) => next),
    onCustomerJoined: (before, { customer_id }) => ({ ...before, customer_id }),
    onPointsAdded: (before, { points: more }) => ({ ...before, points: before.points + more }),
  });
  const pagesAction = action(pages, {}, () => ({
    page: ({ customer_id }) =>
      reply({ content_type: "text/html", data: Buffer.from(`<p>${customer_id}</p>`), extensions: [] }),
    echo: (body) => reply(body),
  }));
  const pointsAction = action(points, {}, () => ({ tell: (event) => reply(event), ignore: () => ignore() }));
  const application: Application = {
    name: "successor",
    descriptors,
    components: [customerService, accountService, view(byName), pagesAction, pointsAction],
  };
  return { application, definitions: { customers, accounts, byName }, added };
};
