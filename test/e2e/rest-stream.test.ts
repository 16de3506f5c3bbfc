import { once } from "node:events";
import { expect } from "chai";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { type RunningEnvoy, startEnvoy } from "../../engines/envoy/start.ts";
import { fieldOf } from "../../runtime/codec.ts";
import { Status } from "../../runtime/status.ts";
import { connectRaw } from "../support/channel.ts";
import { useFolder } from "../support/envoy.ts";
import { startUpstream, type Upstream } from "../support/envoy-upstream.ts";
import { startWatchUpstream, type Watch } from "../support/envoy-watch.ts";
import { http } from "../support/http.ts";

describe("REST streams through Envoy", () => {
  const folder = useFolder();
  let envoy: RunningEnvoy;
  let view: { readonly port: number; close(): void };
  let state: Upstream;
  let onWatch: (watch: Watch) => void;

  before(async function () {
    this.timeout(120_000);
    view = await startWatchUpstream((watch) => onWatch(watch));
    state = await startUpstream();
    const services = { heartbeat: 1, state: state.port, view: view.port };
    const binary = await installEnvoy();
    envoy = await startEnvoy({ binary, workDir: folder.path, host: "127.0.0.1", port: 0, services });
  });
  after(async () => {
    await envoy?.close();
    view?.close();
    state?.close();
  });

  it("gives each row as a line of its own, at once", async () => {
    const opened = new Promise<Watch>((resolve) => {
      onWatch = (watch) => {
        watch.send("u1");
        resolve(watch);
      };
    });
    const reply = await fetch(`http://127.0.0.1:${envoy.port}/users:watch`);
    expect(reply.status).to.equal(200);
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    const line = async (): Promise<unknown> => JSON.parse((await reader?.read())?.value ?? "");
    // The stream is still open when each of these arrives.
    expect(await line()).to.deep.nested.include({ "row.user_id": "u1", "row.is_online": false });
    (await opened).send("u2");
    expect(await line()).to.deep.nested.include({ "row.user_id": "u2" });
    (await opened).end();
    expect(await reader?.read()).to.deep.equal({ done: true, value: undefined });
  });

  it("has the status of the service when it fails before the first row", async () => {
    onWatch = (watch) => watch.fail(Status.FAILED_PRECONDITION, "not ready");
    const reply = await http({ port: envoy.port, path: "/users:watch" });
    expect([reply.status, reply.json()]).to.deep.equal([400, { code: 9, message: "not ready", details: [] }]);
  });

  it("ends without a word when it fails later: HTTP has sent its 200", async () => {
    onWatch = (watch) => {
      watch.send("u1");
      watch.fail(Status.UNAVAILABLE, "gone");
    };
    const reply = await http({ port: envoy.port, path: "/users:watch" });
    expect(reply.status).to.equal(200);
    expect(reply.text).to.match(/^\{"change":"","key":"","row":\{"user_id":"u1",.*\}\n$/);
  });

  it("takes an id that ends in :watch for the verb, unless the colon is escaped", async () => {
    expect((await http({ port: envoy.port, path: "/users/u/devices/d:watch" })).status).to.equal(404);
    expect((await http({ port: envoy.port, path: "/users/u/devices/d%3Awatch" })).status).to.equal(200);
    expect((await http({ port: envoy.port, path: "/users/u/devices/aa:bb:cc" })).status).to.equal(200);
    const ids = state.received.map(({ request }) => fieldOf(request, "device_id"));
    expect(ids).to.deep.equal(["d:watch", "aa:bb:cc"]);
  });

  it("answers a gRPC stream before its client has ended it, and takes reflection to view-svc", async () => {
    const client = await connectRaw(`127.0.0.1:${envoy.port}`);
    const bytes = (value: Buffer): Buffer => value;
    const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    const call = client.makeBidiStreamRequest(path, bytes, bytes);
    for (const text of ["one", "two"]) {
      call.write(Buffer.from(text));
      expect(await once(call, "data")).to.deep.equal([Buffer.from(text)]);
    }
    call.end();
    await once(call.resume(), "end");
    client.close();
  });
});
