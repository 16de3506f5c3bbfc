import type { DescField } from "@bufbuild/protobuf";
import type { HttpRule, MethodModel } from "./model.ts";

/**
 * The field that is all that an HTTP rule answers: its `response_body`. One that is a `google.api.HttpBody` is none
 * here: of that, Envoy itself gives the bytes.
 */
export const trimmedField = ({ output }: Pick<MethodModel, "output">, rule: HttpRule): DescField | undefined => {
  const field = output.fields.find(({ name }) => name === rule.responseBody);
  return field?.message?.typeName === "google.api.HttpBody" ? undefined : field;
};

/** The fields that some rule of a method answers alone, each once. */
export const trimmedFields = (method: MethodModel): readonly DescField[] => [
  ...new Set(method.http.flatMap((rule) => trimmedField(method, rule) ?? [])),
];

/** Envoy can answer nothing but whole messages and bytes: for each such field it calls a method of its own. */
export const trimmedName = (name: string, field: DescField): string => `${name}__${field.name}`;
