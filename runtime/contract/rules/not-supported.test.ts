import { readFileSync } from "node:fs";
import type { DescMessage, Registry } from "@bufbuild/protobuf";
import { expect } from "chai";
import { compileFixture } from "../../../test/contract-protos/fixtures.ts";
import { readDescriptors } from "../descriptors.ts";
import { knownOptions } from "./known-options.ts";
import { notSupportedYet } from "./not-supported-table.ts";

const registry: Registry = readDescriptors(readFileSync("gen/descriptors.binpb"));
const extensions = ["file", "message", "field", "legacy_entity_key", "service", "codegen", "method"];

/** Options of the schema that end a path: those without fields of their own, and those listed whole. */
const leaves = (path: string, message: DescMessage | undefined): readonly string[] => {
  if (path in notSupportedYet || message === undefined || message.fields.length === 0) return [path];
  return message.fields.flatMap((field) => leaves(`${path}.${field.name}`, field.message));
};

const schema = extensions.flatMap((name) => leaves(name, registry.getExtension(`akkaserverless.${name}`)?.message));

describe("options that are not supported yet", () => {
  it("are, with the known ones, all options of the schema", () => {
    const told = (path: string) => path in notSupportedYet || knownOptions.has(path);
    expect(schema.filter((path) => !told(path))).to.deep.equal([]);
  });

  it("exist in the schema", () => {
    const exists = (path: string) => schema.some((each) => each === path || each.startsWith(`${path}.`));
    expect(Object.keys(notSupportedYet).filter((path) => !exists(path))).to.deep.equal([]);
  });

  it("are told by name", async () => {
    const { mistakes } = await compileFixture("rule-not-supported");
    const texts = mistakes.map(({ text }) => text);
    expect(texts).to.include('method "not_supported.Rows.Query": views of JSON (json_schema) is not supported yet.');
    expect(texts).to.include('service "not_supported.Flow": a workflow is not supported yet.');
  });

  it("include options that a later schema has and Rollcall does not know", async () => {
    const { mistakes } = await compileFixture("foreign-schema");
    expect(mistakes.map(({ text }) => text)).to.deep.equal([
      'method "foreign.Carts.Get": the option method.trigger.max_retries is not supported yet.',
    ]);
  });
});
