import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "chai";
import { callableMethods, envoyApplication } from "../../cli/envoy-application.ts";
import { envoyDescriptors } from "../../cli/envoy-descriptors.ts";
import { listenerOf } from "../../engines/envoy/application.ts";
import { writeEnvoyConfig } from "../../engines/envoy/config.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { service } from "../../examples/customer-registry/service.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import { stateService } from "../../state-svc/service.ts";
import { viewService } from "../../view-svc/service.ts";
import { registryDescriptors } from "../customers/registry.ts";
import { descriptors } from "../support/descriptors.ts";
import { useFolder } from "../support/envoy.ts";

const run = promisify(execFile);

describe("Envoy's configuration for an application", () => {
  const folder = useFolder();
  const registered = [service(registryDescriptors), compileContract(registryDescriptors).model] as const;
  const registry = envoyApplication(...registered, 40123);
  const methods = callableMethods(...registered);
  const { model } = compileContract(descriptors);

  const write = async () => {
    const file = join(folder.path, "descriptors.binpb");
    await writeFile(file, envoyDescriptors(registryDescriptors, descriptors, methods));
    return writeEnvoyConfig({
      workDir: folder.path,
      host: "127.0.0.1",
      port: 18081,
      services: registry,
      descriptors: file,
    });
  };

  it("has the services that can be called, and a route for each method that streams", () => {
    expect(registry.services).to.include("customers.CustomerByName").and.not.to.include("customers.CustomerEvents");
    expect(registry.streamed).to.deep.include({ path: "/customers.CustomerByName/GetCustomers", silenceSeconds: 30 });
    expect(registry.streamed.map(({ path }) => path)).not.to.include("/customers.CustomersResponseByName/GetCustomers");
  });

  it("lets live queries be silent for longer than results", () => {
    const { streamed } = envoyApplication(viewService(descriptors), model, 1);
    expect(streamed).to.deep.include({ path: "/presence.view.v1.PresenceQueryApi/WatchUsers", silenceSeconds: 3600 });
    expect(envoyApplication(stateService(descriptors), model, 1).streamed).to.deep.equal([]);
  });

  it("is valid for Envoy, and tries only what has not reached the application again", async () => {
    const { listener, clusters } = await write();
    const { stdout, stderr } = await run(await installEnvoy(), ["--mode", "validate", "-c", listener]);
    expect(stdout + stderr).to.match(/^configuration '.*' OK\s*$/m);
    const text = await readFile(listener, "utf8");
    expect(text).to.contain("retry_on: connect-failure,refused-stream\n");
    expect(text).not.to.contain("presence.");
    expect(await readFile(clusters, "utf8"))
      .to.contain("port_value: 40123")
      .and.not.to.contain("-svc");
  });

  it("keeps everything else of the one listener file", async () => {
    const ours = await readFile("envoy/envoy.yaml", "utf8");
    const retried = ours.replace(",refused-stream,unavailable", ",refused-stream");
    expect(withoutLists(listenerOf(ours, registry))).to.equal(withoutLists(retried));
    expect(withoutLists(ours).length).to.be.greaterThan(ours.length / 2);
    expect(() => listenerOf(ours.replace("services:", "service:"), registry)).to.throw(/"services:" exactly once/);
  });

  it("gives the transcoder the messages of error details, once", async () => {
    const names = (bytes: Uint8Array) => fromBinary(FileDescriptorSetSchema, bytes).file.map(({ name }) => name);
    const own = names(registryDescriptors);
    expect(own).not.to.include("google/rpc/error_details.proto");
    const all = names(envoyDescriptors(registryDescriptors, descriptors));
    expect(all).to.include("google/rpc/error_details.proto").and.to.include("google/rpc/status.proto");
    expect(new Set(all)).to.have.length(all.length);
    expect(names(envoyDescriptors(descriptors, descriptors))).to.deep.equal(names(descriptors));
  });
});

/** A listener file without what it says of services: the lists that stand below `services` and `routes`. */
const withoutLists = (text: string): string => {
  let below: number | undefined;
  const kept = text.split("\n").filter((line) => {
    const indent = line.search(/\S/);
    if (below !== undefined && (indent === -1 || indent > below)) return false;
    below = /^ *(services|routes):/.test(line) ? indent : undefined;
    return true;
  });
  return kept.join("\n");
};
