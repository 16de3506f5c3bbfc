import { readFileSync } from "node:fs";
import { buildProtos } from "../../cli/build-protos.ts";
import { readProtoFolder } from "../../cli/proto-folder.ts";
import type { Customer } from "../../examples/customer-registry/gen/customers/model.ts";
import { service } from "../../examples/customer-registry/service.ts";
import type { Application } from "../../runtime/component/application.ts";
import type { ServiceDefinition } from "../../runtime/component/definition.ts";

const example = "examples/customer-registry";

export const registryDescriptors: Uint8Array = readFileSync(`${example}/gen/descriptors.binpb`);

/** The customer registry of examples/, with some of its components only; what it tells customers is added to a list. */
export const customerRegistry = (definitions: readonly ServiceDefinition[], notices: string[] = []): Application => {
  const application = service(registryDescriptors, (text) => void notices.push(text));
  const components = definitions.map(({ fullName }) => {
    const found = application.components.find(({ definition }) => definition.fullName === fullName);
    if (found === undefined) throw new Error(`the customer registry has no ${fullName}`);
    return found;
  });
  return { ...application, components };
};

export type BuildOptions = {
  /** The files to build, without folder and extension; all when left out. */
  readonly only?: readonly string[];
  /** More files, by their import path. */
  readonly more?: Readonly<Record<string, string>>;
  readonly edit?: (text: string) => string;
};

/** The descriptor set of the customer registry, with fewer protos, more of them, or others. */
export const buildRegistry = async ({ only, more = {}, edit = (text) => text }: BuildOptions): Promise<Uint8Array> => {
  const protos = await readProtoFolder(`${example}/proto`);
  const kept = [...protos].filter(
    ([file]) => only === undefined || only.some((name) => file.endsWith(`/${name}.proto`)),
  );
  const built = await buildProtos(
    new Map([...kept, ...Object.entries(more)].map(([file, text]) => [file, edit(text)])),
  );
  if ("bytes" in built) return built.bytes;
  throw new Error(built.mistakes.map(({ text }) => text).join("\n"));
};

export const customer = (customer_id: string, name: string): Customer => ({
  customer_id,
  name,
  email: `${customer_id}@example.com`,
  address: { street: "s", city: "c" },
});
