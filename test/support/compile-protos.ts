import { readFileSync } from "node:fs";
import { buildProtos } from "../../cli/build-protos.ts";

const presence = "presence/v1/presence.proto";

const compiled = new Map<string, Promise<Uint8Array>>();

/** The descriptor set of a proto file of the tests, which may import the messages of `presence.v1`. */
export const compileProto = (name: string): Promise<Uint8Array> => {
  const descriptors = compiled.get(name) ?? compile(name);
  compiled.set(name, descriptors);
  return descriptors;
};

const compile = async (name: string): Promise<Uint8Array> => {
  const sources = new Map([
    [name, readFileSync(`test/protos/${name}`, "utf8")],
    [presence, readFileSync(`proto/${presence}`, "utf8")],
  ]);
  const built = await buildProtos(sources);
  if ("bytes" in built) return built.bytes;
  throw new Error(built.mistakes.map(({ text }) => text).join("\n"));
};
