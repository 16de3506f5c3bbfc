import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { MessageFns } from "../../runtime/codec.ts";
import { generateProtos, loadGenerated } from "../support/generate-protos.ts";

// The messages of seed 004, as ts-proto gives them; the code is generated when the tests run.
export type Address = { street: string; city: string };
export type Customer = { customer_id: string; email: string; name: string; address?: Address | undefined };
export type ByNameRequest = { customer_name: string };
export type CustomerCreated = { customer?: Customer | undefined };
export type CustomerNameChanged = { new_name: string };
export type CustomerSummary = { id: string; name: string };
export type CustomersResponse = { results: Customer[] };
export type CustomerId = { customer_id: string };
export type NameChange = { customer_id: string; new_name: string };
export type Empty = Record<never, never>;

const seed = new URL("../contract-protos/seed-customers/", import.meta.url);
const glue = new URL("./", import.meta.url);

/** Files of the seed, or glue of this folder, and the codecs generated for them. */
export type Generated = {
  readonly descriptors: Uint8Array;
  readonly codec: <T extends object>(name: string) => MessageFns<T>;
};

/** Generates from `model.proto`, these files of the seed's folder, and these of this folder, edited where asked for. */
export const generateCustomers = async (
  seedFiles: readonly string[],
  glueFiles: readonly string[],
  edit: (text: string) => string = (text) => text,
): Promise<Generated> => {
  const protos = new Map<string, string>();
  for (const file of ["model", ...seedFiles]) {
    protos.set(`customers/${file}.proto`, edit(readFileSync(new URL(`customers/${file}.proto`, seed), "utf8")));
  }
  for (const file of glueFiles) {
    protos.set(`customers/${file}.proto`, edit(readFileSync(new URL(`${file}.proto`, glue), "utf8")));
  }
  const folder = await generateProtos("customers", protos);
  const codecs = new Map<string, unknown>();
  for (const file of [...protos.keys(), "google/protobuf/empty.proto"]) {
    const path = `${folder}/${file.replace(".proto", ".ts")}`;
    for (const [name, value] of Object.entries(await loadGenerated(path))) codecs.set(name, value);
  }
  return {
    descriptors: await readFile(`${folder}/descriptors.binpb`),
    codec<T extends object>(name: string) {
      const codec = codecs.get(name);
      if (codec === undefined) throw new Error(`nothing is generated for ${name}`);
      return codec as MessageFns<T>;
    },
  };
};

/** A method of a definition, as the generator writes it. */
export const unary = <I extends object, O extends object>(
  name: string,
  requestType: MessageFns<I>,
  responseType: MessageFns<O>,
) => ({ name, requestType, responseType, requestStream: false, responseStream: false, options: {} }) as const;

export const streamed = <I extends object, O extends object>(
  name: string,
  requestType: MessageFns<I>,
  responseType: MessageFns<O>,
) => ({ name, requestType, responseType, requestStream: false, responseStream: true, options: {} }) as const;

/** A message without what the reader keeps of fields it does not know, for a comparison. */
export const known = <T>(message: T): T => {
  if (Array.isArray(message)) return message.map(known) as T;
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return message;
  const fields = Object.entries(message).filter(([name]) => name !== "_unknownFields");
  return Object.fromEntries(fields.map(([name, value]) => [name, known(value)])) as T;
};
