import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  type MethodOptions,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import type { HttpRule, MethodModel } from "../runtime/contract/model.ts";
import { trimmedField, trimmedFields, trimmedName } from "../runtime/contract/trimmed.ts";

/**
 * The descriptor set for the transcoder: the application's, with the messages of error details, without which an error
 * would lose its body. `others` has them, if the application does not import them itself. Of `methods`, those that can be
 * called, one without an HTTP rule gets the rule that the original gives it: POST to its gRPC path, with the request
 * as the body. A rule that answers one field moves to the method that the runtime serves for it.
 */
export const envoyDescriptors = (
  own: Uint8Array,
  others: Uint8Array,
  methods: readonly MethodModel[] = [],
): Uint8Array => {
  const { file: files } = fromBinary(FileDescriptorSetSchema, own);
  const models = new Map(methods.map((method) => [method.path, method]));
  for (const file of files) {
    for (const service of file.service) {
      const scope = file.package === "" ? service.name : `${file.package}.${service.name}`;
      service.method = service.method.flatMap((method) => {
        const model = models.get(`/${scope}/${method.name}`);
        return model === undefined ? [method] : ruled(method, model);
      });
      if (service.method.some(({ outputType }) => outputType === `.${httpBody}`)) addImport(file, httpBodyFile.name);
    }
  }
  const known = new Set(files.map(({ name }) => name));
  const needed = fromBinary(FileDescriptorSetSchema, others).file.filter(
    ({ name }) => !known.has(name) && (name.startsWith("google/rpc/") || wellKnown.has(name)),
  );
  const isImported = files.some(({ dependency }) => dependency.includes(httpBodyFile.name));
  const first = isImported && !known.has(httpBodyFile.name) ? [httpBodyFile] : [];
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...first, ...files, ...needed] }));
};

/** A method as Envoy is to know it, and those that answer a field of its response. */
const ruled = (method: MethodDescriptorProto, model: MethodModel): readonly MethodDescriptorProto[] => {
  const trimmed = trimmedFields(model);
  if (model.http.length > 0 && trimmed.length === 0) return [method];
  const whole = model.http.filter((rule) => trimmedField(model, rule) === undefined);
  const rules = model.http.length === 0 ? [{ verb: "POST", path: model.path, body: "*" }] : whole;
  const twins = trimmed.map((field) =>
    create(MethodDescriptorProtoSchema, {
      name: trimmedName(method.name, field),
      inputType: method.inputType,
      outputType: `.${httpBody}`,
      options: withRules(
        undefined,
        model.http.flatMap((rule) =>
          trimmedField(model, rule) === field ? [{ ...rule, responseBody: undefined }] : [],
        ),
      ),
    }),
  );
  return [{ ...method, options: withRules(method.options, rules) }, ...twins];
};

const addImport = (file: FileDescriptorProto, name: string): void => {
  if (!file.dependency.includes(name)) file.dependency.push(name);
};

/** Field number of `(google.api.http)`. */
const http = 72295728;

const withRules = (options: MethodOptions | undefined, rules: readonly HttpRule[]): MethodOptions => ({
  ...create(MethodOptionsSchema),
  ...options,
  $unknown: [...(options?.$unknown ?? []).filter(({ no }) => no !== http), ...optionOf(rules)],
});

const optionOf = ([first, ...more]: readonly HttpRule[]) => {
  if (first === undefined) return [];
  const rule = writeRule(new BinaryWriter(), first);
  for (const each of more) rule.uint32(tag(11)).bytes(writeRule(new BinaryWriter(), each).finish());
  return [{ no: http, wireType: WireType.LengthDelimited, data: new BinaryWriter().bytes(rule.finish()).finish() }];
};

const tag = (no: number): number => (no << 3) | WireType.LengthDelimited;

/** By the field numbers of google/api/http.proto. */
const verbs: Readonly<Record<string, number>> = { GET: 2, PUT: 3, POST: 4, DELETE: 5, PATCH: 6 };

const writeRule = (writer: BinaryWriter, { verb, path, body, responseBody }: HttpRule): BinaryWriter => {
  const no = verbs[verb];
  if (no !== undefined) writer.uint32(tag(no)).string(path);
  else writer.uint32(tag(8)).bytes(new BinaryWriter().uint32(tag(1)).string(verb).uint32(tag(2)).string(path).finish());
  if (body !== "") writer.uint32(tag(7)).string(body);
  if (responseBody !== undefined) writer.uint32(tag(12)).string(responseBody);
  return writer;
};

const httpBody = "google.api.HttpBody";

/** google/api/httpbody.proto, as far as Envoy reads it. */
const httpBodyFile = create(FileDescriptorProtoSchema, {
  name: "google/api/httpbody.proto",
  package: "google.api",
  syntax: "proto3",
  messageType: [
    {
      name: "HttpBody",
      field: [
        { name: "content_type", number: 1, type: FieldDescriptorProto_Type.STRING, jsonName: "contentType" },
        { name: "data", number: 2, type: FieldDescriptorProto_Type.BYTES, jsonName: "data" },
      ],
    },
  ],
});

/** What google/rpc/ imports. */
const wellKnown: ReadonlySet<string> = new Set(["google/protobuf/any.proto", "google/protobuf/duration.proto"]);
