import { readFile } from "node:fs/promises";
import type { MessageFns } from "../../runtime/codec.ts";
import { type Action, action } from "../../runtime/component/action.ts";
import type { Application } from "../../runtime/component/application.ts";
import type { CallContext } from "../../runtime/component/context.ts";
import { type AnswerOptions, reply, updateState } from "../../runtime/component/effects.ts";
import { type AnyMessage, packJson, unpackJson } from "../../runtime/component/json.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { view } from "../../runtime/component/view.ts";
import { unary } from "../support/definition.ts";
import { generateProtos, loadGenerated } from "../support/generate-protos.ts";

export type Timestamp = { seconds: bigint; nanos: number };
export type Reading = { sensor_id: string; value: bigint; taken_at?: Timestamp | undefined };
type Text = { value: string };
type Bytes = { value: Uint8Array };
type Empty = Record<never, never>;

/** What the methods of a service were given: the method's name, and the message as text. */
export type Taken = Record<string, string[]>;

const codecs = async () => {
  const proto = await readFile("test/formats/readings.proto", "utf8");
  const folder = await generateProtos("formats", new Map([["formats/readings.proto", proto]]));
  const all = new Map<string, unknown>();
  for (const file of ["formats/readings", "google/protobuf/any", "google/protobuf/empty", "google/protobuf/wrappers"]) {
    for (const [name, value] of Object.entries(await loadGenerated(`${folder}/${file}.ts`))) all.set(name, value);
  }
  const codec = <T extends object>(name: string) => all.get(name) as MessageFns<T>;
  return {
    descriptors: await readFile(`${folder}/descriptors.binpb`),
    reading: codec<Reading>("Reading"),
    readings: codec<{ results: Reading[] }>("AllReadings"),
    any: codec<AnyMessage>("Any"),
    text: codec<Text>("StringValue"),
    bytes: codec<Bytes>("BytesValue"),
    empty: codec<Empty>("Empty"),
    sayText: codec<{ text: string }>("SayText"),
    sayBytes: codec<{ bytes: Uint8Array }>("SayBytes"),
  };
};
export type Codecs = Awaited<ReturnType<typeof codecs>>;

export const latestDefinition = ({ reading, readings, empty }: Codecs) =>
  ({
    name: "Latest",
    fullName: "formats.Latest",
    methods: { update: unary("Update", reading, reading), all: unary("All", empty, readings) },
  }) as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const shown = ({ sensor_id, value }: Reading): string => `${sensor_id}=${value}`;

const consumers = ({ reading, text, bytes, any, empty }: Codecs, taken: Taken): Record<string, Action> => {
  const note = (service: string, entry: string) => {
    taken[service] = [...(taken[service] ?? []), entry];
    return reply({});
  };
  const takeReading = unary("TakeReading", reading, empty);
  const takeAny = unary("TakeAny", any, empty);
  const tellAny = (message: AnyMessage): string => {
    const json = unpackJson(message);
    return json === undefined
      ? `any ${message.type_url} ${hex(message.value)}`
      : `json ${json.type} ${JSON.stringify(json.value)}`;
  };
  const everything = {
    name: "Everything",
    fullName: "formats.Everything",
    methods: {
      takeReading,
      takeText: unary("TakeText", text, empty),
      takeBytes: unary("TakeBytes", bytes, empty),
      takeAny,
    },
  } as const;
  const follower = { name: "Follower", fullName: "formats.Follower", methods: { takeAny } } as const;
  const catchAll = { name: "CatchAll", fullName: "formats.CatchAll", methods: { takeAny } } as const;
  const typed = { name: "Typed", fullName: "formats.Typed", methods: { takeReading } } as const;
  const choosy = {
    name: "Choosy",
    fullName: "formats.Choosy",
    methods: { takeReading, dropText: unary("DropText", text, empty) },
  } as const;
  return {
    Everything: action(everything, {}, () => ({
      takeReading: (message) => note("Everything", `reading ${shown(message)}`),
      takeText: ({ value }) => note("Everything", `text ${value}`),
      takeBytes: ({ value }) => note("Everything", `bytes ${hex(value)}`),
      takeAny: (message) => note("Everything", tellAny(message)),
    })),
    CatchAll: action(catchAll, {}, () => ({ takeAny: (message) => note("CatchAll", tellAny(message)) })),
    Follower: action(follower, {}, () => ({ takeAny: (message) => note("Follower", tellAny(message)) })),
    Typed: action(typed, {}, () => ({ takeReading: (message) => note("Typed", shown(message)) })),
    Choosy: action(choosy, {}, () => ({
      takeReading: (message) => note("Choosy", shown(message)),
      dropText: () => note("Choosy", "a text that should have been dropped"),
    })),
  };
};

const asked = (context: CallContext): AnswerOptions => {
  const contentType = context.header("x-as");
  return contentType === undefined ? {} : { headers: { "Content-Type": contentType } };
};

/** Replies with the content type that the record's header `x-as` asks for. */
const speaker = ({ reading, sayText, sayBytes, text, bytes, any }: Codecs) =>
  action(
    {
      name: "Speaker",
      fullName: "formats.Speaker",
      methods: {
        text: unary("Text", sayText, text),
        bytes: unary("Bytes", sayBytes, bytes),
        repeat: unary("Repeat", any, any),
        read: unary("Read", reading, reading),
      },
    } as const,
    {},
    (_, context) => ({
      text: (message) => reply({ value: message.text }, asked(context)),
      bytes: (message) => reply({ value: message.bytes }, asked(context)),
      read: (message) => reply(message, asked(context)),
      repeat: (message) => {
        // What forerunners of the platform have written goes out as it came.
        const json = message.type_url.startsWith("json.kalix.io/") ? unpackJson(message) : undefined;
        return reply(json === undefined ? message : packJson(`${json.type}.repeated`, json.value));
      },
    }),
  );

export const keeperDefinition = ({ reading }: Codecs) =>
  ({ name: "Keeper", fullName: "formats.Keeper", methods: { keep: unary("Keep", reading, reading) } }) as const;

const keeper = (generated: Codecs) =>
  valueEntity(keeperDefinition(generated), {
    state: generated.reading,
    keep: (reading) => updateState(reading).thenReply((next) => next),
  });

export type ReadingsApplication = { readonly application: Application; readonly taken: Taken; readonly codecs: Codecs };

/** The application with some of its services; `taken` is what their handlers were given. */
export const readingsApplication = async (...services: readonly string[]): Promise<ReadingsApplication> => {
  const generated = await codecs();
  const taken: Taken = {};
  const all = {
    ...consumers(generated, taken),
    Speaker: speaker(generated),
    Keeper: keeper(generated),
    Latest: view(latestDefinition(generated)),
  };
  const components = Object.entries(all).flatMap(([name, component]) => (services.includes(name) ? [component] : []));
  const accepts = { "com.example.demo.presence.domain.Reading": "formats.Reading" };
  return {
    application: { name: "readings", descriptors: generated.descriptors, components, accepts },
    taken,
    codecs: generated,
  };
};
