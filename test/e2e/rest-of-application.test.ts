import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { callableMethods, envoyApplication } from "../../cli/envoy-application.ts";
import { envoyDescriptors } from "../../cli/envoy-descriptors.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { type RunningEnvoy, startEnvoy } from "../../engines/envoy/start.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import { successorApplication } from "../successor/customers.ts";
import { descriptors } from "../support/descriptors.ts";
import { useFolder } from "../support/envoy.ts";
import { eventually } from "../support/eventually.ts";
import { http } from "../support/http.ts";
import { openTestBench, type TestBench } from "../support/served.ts";

describe("REST of an application of one's own", () => {
  const folder = useFolder();
  let bench: TestBench;
  let envoy: RunningEnvoy;

  before(async function () {
    // Generates its code, and the first run downloads Envoy.
    this.timeout(120_000);
    bench = openTestBench();
    const { application } = await successorApplication();
    const { port } = await bench.serve(application);
    const { model } = compileContract(application.descriptors);
    const file = join(folder.path, "descriptors.binpb");
    await writeFile(file, envoyDescriptors(application.descriptors, descriptors, callableMethods(application, model)));
    const services = envoyApplication(application, model, port);
    const binary = await installEnvoy();
    envoy = await startEnvoy({
      binary,
      workDir: folder.path,
      host: "127.0.0.1",
      port: 0,
      services,
      descriptors: file,
    });
  });
  after(async () => {
    await envoy?.close();
    await bench?.close();
  });

  const call = (method: string, path: string, body?: object) => http({ port: envoy.port, method, path, body });

  it("answers the one field that a response_body names, of any type", async () => {
    const ann = { customer_id: "a", email: "ann@example.com", name: "Ann" };
    expect((await call("POST", "/customers/a", ann)).status).to.equal(200);
    expect((await call("GET", "/customers/a")).json()).to.deep.equal(ann);
    const email = await call("GET", "/customers/a/email");
    expect(email.text).to.equal('"ann@example.com"');
    expect(email.headers["content-type"]).to.equal("application/json");
    await eventually(async () => expect((await call("GET", "/by-name/Ann")).json()).to.deep.equal([ann]));
    expect((await call("GET", "/by-name/Nobody")).text).to.equal("[]");
  });

  it("answers a body of a type of its own", async () => {
    const { status, text, headers } = await call("GET", "/customers/a/page");
    expect([status, text, headers["content-type"]]).to.deep.equal([200, "<p>a</p>", "text/html"]);
    const echo = await http({ port: envoy.port, method: "POST", path: "/echo", body: [1, 2] });
    expect(echo).to.include({ status: 200, text: "[1,2]" });
  });

  it("answers errors of such a call as of any other", async () => {
    const missing = await call("GET", "/customers/nobody/email");
    expect(missing.status).to.equal(404);
    expect(missing.json()).to.include({ code: 5, message: "there is no such customer" });
    expect((await call("GET", "/customers/a/email?colour=red")).status).to.equal(400);
  });

  it("refuses a query that would put another value in the place of the path's", async () => {
    const { status, text } = await call("GET", "/customers/a/page?customer_id=b");
    expect(status).to.equal(400);
    expect(text).to.contain("customer_id stands in the path and in the query");
  });

  it("takes a method without an HTTP rule by its gRPC path", async () => {
    const { status, text } = await call("POST", "/customer.api.AccountService/AddPoints", {
      customer_id: "a",
      points: 2,
    });
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.deep.include({ customer_id: "a", points: 2 });
    const consumer = await call("POST", "/customer.api.PointsAction/Ignore", {});
    expect(consumer.status).to.equal(404);
  });
});
