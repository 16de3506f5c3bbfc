import { expect } from "chai";
import { compileFixture } from "../../test/contract-protos/fixtures.ts";
import type { Model } from "../contract/model.ts";
import type { ServedContext } from "../grpc/call-context.ts";
import { withPathsKept } from "./rest-paths.ts";

describe("withPathsKept", () => {
  const type = {} as never;
  const call = (model: Model, method: string, path: string | undefined): unknown => {
    const endpoint = { shape: "unary", path: method, request: type, response: type, handle: async () => ({}) } as const;
    const [kept] = withPathsKept([endpoint], model);
    const context = { header: (name: string) => (name === "x-envoy-original-path" ? path : undefined) };
    try {
      return kept?.handle({} as never, context as ServedContext) instanceof Promise ? "taken" : "";
    } catch (error) {
      return String(error);
    }
  };

  it("refuses a query that names what the path names, in either spelling and by whichever rule", async () => {
    const { model } = await compileFixture("successor");
    const method = "/customer.api.CustomerService/GetCustomer";
    for (const path of [
      "/customers/a?customer_id=b",
      "/customers/a/email?x=1&customerId=b",
      "/customers/%2F?customer_id",
    ]) {
      expect(call(model, method, path), path)
        .to.contain("INVALID_FIELD")
        .and.to.contain("stands in the path and");
    }
    for (const path of ["/customers/a", "/customers/a?name=b", "/elsewhere?customer_id=b", undefined]) {
      expect(call(model, method, path), path).to.equal("taken");
    }
  });

  it("leaves alone a field that another rule takes from the query", () => {
    const method = "/paths.v1.Paths/Find";
    const http = [{ path: "/shelves/{shelf.id=*/*}/things/{thing}:find" }, { path: "/things" }];
    const model = { services: new Map([["", { methods: [{ path: method, http }] }]]) } as unknown as Model;
    expect(call(model, method, "/things?shelf.id=b")).to.equal("taken");
    expect(call(model, method, "/shelves/a/b/things/c:find?name=b")).to.equal("taken");
    expect(call(model, method, "/shelves/a/b/things/c:find?shelf.id=x")).to.contain("shelf.id stands");
  });
});
