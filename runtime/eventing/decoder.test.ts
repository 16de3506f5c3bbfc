import { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  AnySchema,
  BytesValueSchema,
  DurationSchema,
  StringValueSchema,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import { expect } from "chai";
import fc from "fast-check";
import { Any } from "../../gen/google/protobuf/any.ts";
import { Duration } from "../../gen/google/protobuf/duration.ts";
import { Timestamp } from "../../gen/google/protobuf/timestamp.ts";
import type { Message, MessageFns } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { LogRecord, MessageType } from "../ports.ts";
import { createDecoder } from "./decoder.ts";
import { createIgnore } from "./ignored.ts";
import { payloadOf } from "./outgoing-payload.ts";

const typeOf = <T extends Message>(schema: MessageType["schema"], codec: MessageFns<T>): MessageType<T> => ({
  ...codec,
  name: schema.typeName,
  schema,
});

/** A wrapper message as the generator writes it: what it wraps is its first field. */
const wrapper = <V>(empty: V, read: (bytes: Uint8Array) => V, write: (value: V) => Uint8Array) => ({
  encode: ({ value }: { value: V }) => new BinaryWriter().uint32(10).bytes(write(value)),
  decode: (input: Parameters<MessageFns["decode"]>[0]) => {
    if (input instanceof Uint8Array) throw new Error("the decoder reads with its own reader");
    while (input.pos < input.len) {
      const [field] = input.tag();
      if (field === 1) return { value: read(input.bytes()) };
    }
    return { value: empty };
  },
  fromPartial: (partial: object) => ({ value: empty, ...partial }),
});

const any = typeOf(AnySchema, Any);
const moment = typeOf(TimestampSchema, Timestamp);
const text = typeOf(
  StringValueSchema,
  wrapper(
    "",
    (bytes) => Buffer.from(bytes).toString(),
    (value) => Buffer.from(value),
  ),
);
const bytes = typeOf(
  BytesValueSchema,
  wrapper(
    new Uint8Array(),
    (value) => value,
    (value) => value,
  ),
);

const record = (headers: Record<string, string>, value: Uint8Array | string): LogRecord => ({
  topic: "t",
  partition: 0,
  offset: 1n,
  key: undefined,
  value: Buffer.from(value),
  headers,
  timestamp: 0,
});

const named = (contentType: string | undefined, type = "google.protobuf.Timestamp"): Record<string, string> => ({
  ce_type: type,
  ...(contentType === undefined ? {} : { "content-type": contentType }),
});

/** Which of some types a record is read as; its error when it is none. */
const takerOf = (handled: readonly MessageType[], each: LogRecord): string => {
  try {
    return createDecoder(handled)(each).type.schema.name;
  } catch (error) {
    return error instanceof MeshError ? error.code : "another error";
  }
};

describe("a decoder", () => {
  for (const [what, contentType, value, expected] of [
    ["protobuf", "application/protobuf", Uint8Array.of(8, 1), { all: "Timestamp", any: "Any", typed: "Timestamp" }],
    ["JSON", "application/json", '"2026-01-01T00:00:00Z"', { all: "Any", any: "Any", typed: "Timestamp" }],
    ["text", "text/plain", "x", { all: "StringValue", any: "Any", typed: "MALFORMED_REQUEST" }],
    ["bytes", "application/octet-stream", "x", { all: "BytesValue", any: "Any", typed: "MALFORMED_REQUEST" }],
    ["what tells nothing", undefined, Uint8Array.of(8, 1), { all: "BytesValue", any: "Any", typed: "Timestamp" }],
  ] as const) {
    it(`gives ${what} to the method that the table names first`, () => {
      const each = record(named(contentType), value);
      expect(takerOf([moment, text, bytes, any], each)).to.equal(expected.all);
      expect(takerOf([any], each)).to.equal(expected.any);
      expect(takerOf([moment], each)).to.equal(expected.typed);
    });
  }

  it("prefers the message that is named to Any, for protobuf and where nothing is told", () => {
    for (const contentType of ["application/protobuf", undefined]) {
      expect(takerOf([any, moment], record(named(contentType), Uint8Array.of(8, 1)))).to.equal("Timestamp");
    }
  });

  it("takes protobuf that names no type as the one message there is, beside Any, text and bytes", () => {
    const untold = record({ "content-type": "application/protobuf" }, Uint8Array.of(8, 1));
    expect(takerOf([any, moment], untold)).to.equal("Timestamp");
    expect(takerOf([bytes, any, moment, text], untold)).to.equal("Timestamp");
    expect(takerOf([any], untold)).to.equal("Any");
    expect(takerOf([any, text, bytes], untold)).to.equal("MALFORMED_REQUEST");
    expect(takerOf([any, moment, typeOf(DurationSchema, Duration)], untold)).to.equal("MALFORMED_REQUEST");
  });

  it("is not misled by names of the language's own", () => {
    for (const type of ["constructor", "__proto__", "toString"]) {
      const headers = named("application/protobuf", type);
      expect(takerOf([moment, text], record(headers, ""))).to.equal("MALFORMED_REQUEST");
      const { message } = createDecoder([any])(record(headers, ""));
      expect(message).to.include({ type_url: `type.googleapis.com/${type}` });
    }
  });

  it("reads a record or says that it is malformed, whatever it holds", () => {
    const contentTypes = [
      "application/protobuf",
      "application/json",
      "text/plain",
      "text/x;charset=utf-16",
      "x",
      ";=;",
    ];
    const headers = fc.record(
      {
        ce_type: fc.oneof(fc.constantFrom("google.protobuf.Timestamp", "google.protobuf.Any"), fc.string()),
        "content-type": fc.oneof(fc.constantFrom(...contentTypes), fc.string()),
        "ce-type": fc.string(),
        "Content-Type": fc.string(),
      },
      { requiredKeys: [] },
    );
    const decoders = [[any], [moment], [moment, any, text, bytes]].map((handled) => createDecoder(handled));
    fc.assert(
      fc.property(
        headers,
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (each, value) => {
          const given = Object.fromEntries(Object.entries(each).filter(([, text]) => text !== undefined));
          for (const decode of decoders) {
            try {
              decode(record(given as Record<string, string>, value));
            } catch (error) {
              if (!(error instanceof MeshError) || error.code !== "MALFORMED_REQUEST") throw error;
            }
          }
        },
      ),
    );
  });

  it("reads what is published of an Any as the same Any, or as what it holds", () => {
    const held = fc.record({ format: fc.constantFrom("string", "bytes"), content: fc.string() });
    fc.assert(
      fc.property(held, ({ format, content }) => {
        const value = new BinaryWriter().uint32(10).bytes(Buffer.from(content)).finish();
        const message = { type_url: `type.kalix.io/${format}`, value };
        const { type, contentType, value: sent } = payloadOf(any, message);
        const again = createDecoder([any])(record({ ce_type: type, "content-type": contentType }, sent)).message;
        expect(again).to.deep.include({ type_url: message.type_url });
        expect(Buffer.from((again as Any).value)).to.deep.equal(Buffer.from(value));
      }),
    );
  });
});

describe("a consumer that ignores", () => {
  const isIgnored = (options: { handled: string[]; ignored: string[]; unknown: boolean }, each: LogRecord): boolean =>
    createIgnore({ ...options, ignoresUnknown: options.unknown, accepts: {} })(each);
  const timestamp = "google.protobuf.Timestamp";

  it("drops types and formats that it names", () => {
    const options = { handled: [timestamp], ignored: ["google.protobuf.StringValue", "p.Old"], unknown: false };
    expect(isIgnored(options, record(named("text/plain"), "x"))).to.equal(true);
    expect(isIgnored(options, record(named("application/protobuf", "p.Old"), ""))).to.equal(true);
    expect(isIgnored(options, record(named("application/json", "p.Old"), "{}"))).to.equal(true);
    expect(isIgnored(options, record(named("application/protobuf"), ""))).to.equal(false);
    expect(isIgnored(options, record(named("application/protobuf", "p.New"), ""))).to.equal(false);
  });

  it("drops what nobody takes where it ignores the unknown, but no deletion and nothing untold", () => {
    const options = { handled: [timestamp, "p.Other"], ignored: [], unknown: true };
    expect(isIgnored(options, record(named("application/protobuf", "p.New"), ""))).to.equal(true);
    expect(isIgnored(options, record(named("image/png"), "x"))).to.equal(true);
    expect(isIgnored(options, record(named("application/json"), "{}"))).to.equal(false);
    expect(isIgnored(options, record({ "content-type": "application/protobuf" }, "x"))).to.equal(false);
    expect(isIgnored(options, { ...record({}, ""), value: null })).to.equal(false);
    expect(isIgnored(options, record(named("application/vnd.kalix.delete", "p.New"), ""))).to.equal(false);
  });
});
