import { expect } from "chai";
import { loadCustomers } from "../../test/view-protos/customers.ts";
import type { ViewProtos } from "../../test/view-protos/load.ts";
import type { MethodModel, Model, ServiceModel } from "../contract/model.ts";
import { checkViews } from "./check-views.ts";
import { defineView } from "./definition.ts";

describe("defineView", () => {
  let protos: ViewProtos;

  before(async function () {
    this.timeout(60_000);
    protos = await loadCustomers();
  });

  const serviceOf = (model: Model, name: string): ServiceModel => {
    const service = model.services.get(name);
    if (service === undefined) throw new Error(`there is no service ${name}`);
    return service;
  };
  const define = (service = serviceOf(protos.model, "test.views.CustomerViews"), revision = 0) =>
    defineView({ model: protos.model, service, typeOf: protos.typeOf, revision });
  const changed = (change: (method: MethodModel) => MethodModel): ServiceModel => {
    const service = serviceOf(protos.model, "test.views.CustomerViews");
    return { ...service, methods: service.methods.map(change) };
  };

  it("derives the table of the queries", () => {
    const { tables, queries } = define();
    const [customers] = tables;
    expect(tables).to.have.length(1);
    expect(customers).to.deep.include({ name: "customers", keyFields: ["customer_id"] });
    expect(customers?.updates.map(({ name }) => name)).to.deep.equal(["UpdateCustomer"]);
    expect(customers?.table.columns.map(({ path, type }) => `${path} ${type}`)).to.deep.equal([
      "address.city string",
      "email string",
      "name string",
    ]);
    expect(
      customers?.table.indexes.map(({ parts }) =>
        parts.map((part) => (part.kind === "key" ? "key" : part.column)).join(),
      ),
    ).to.have.members(["email", "address.city,name", "name"]);
    expect(queries.map(({ method }) => method.name)).to.deep.equal([
      "GetCustomers",
      "GetCustomer",
      "GetAll",
      "GetSummaries",
    ]);
  });

  it("names the stored table so that any store takes it", () => {
    const id = define().tables[0]?.table.id ?? "";
    expect(id).to.match(/^CustomerViews_customers_[0-9a-f]{16}$/);
  });

  it("keeps the identity when queries change, and not when rows or their source do", () => {
    const id = (service?: ServiceModel, revision?: number) => define(service, revision).tables[0]?.table.id;
    const other = changed((method) =>
      method.query === undefined
        ? method
        : { ...method, query: { ...method.query, text: method.query.text.replace("name =", "email =") } },
    );
    expect(id(other)).to.equal(id());
    expect(id(undefined, 1)).to.not.equal(id());
    const moved = changed((method) =>
      method.source === undefined ? method : { ...method, source: { ...method.source, name: "elsewhere" } },
    );
    expect(id(moved)).to.not.equal(id());
    const smaller = changed((method) =>
      method.update === undefined
        ? { ...method, query: undefined }
        : { ...method, output: protos.message("test.views.Summary") },
    );
    expect(id(smaller)).to.not.equal(id());
  });
});

describe("checkViews", () => {
  it("tells every mistake of every query, with its place in the proto file and in the query", async () => {
    const { model, mistakes } = await loadCustomers();
    expect(mistakes).to.deep.equal([]);
    const found = checkViews(model).map(({ code, location, excerpt, remedy }) => ({
      code,
      file: location.file.split("/").pop(),
      under: excerpt?.source.slice(excerpt.offset),
      remedy,
    }));
    expect(found).to.deep.equal([
      {
        code: "UNKNOWN_COLUMN",
        file: "mistakes.proto",
        under: "nam = :name AND id = :ident",
        remedy: "Did you mean `name`?",
      },
      {
        code: "UNKNOWN_PARAMETER",
        file: "mistakes.proto",
        under: "ident",
        remedy: "Add the field to test.mistakes.Request, or name one it has.",
      },
      {
        code: "UNKNOWN_RESULT_FIELD",
        file: "mistakes.proto",
        under: "name, id FROM rows",
        remedy: "Add the field to test.mistakes.Reply, or name one it has with AS.",
      },
    ]);
  });
});
