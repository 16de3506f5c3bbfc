import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import { recordOf } from "../../cli/publish-record.ts";
import { encodeMessage } from "../../runtime/codec.ts";
import { packJson } from "../../runtime/component/json.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { OutgoingRecord } from "../../runtime/ports.ts";
import {
  keeperDefinition,
  latestDefinition,
  type ReadingsApplication,
  readingsApplication,
} from "../formats/readings.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const protobuf = "application/protobuf";
describeOnBothWays("a topic", (openPorts) => {
  let bench: TestBench;
  let served: ReadingsApplication;
  let port: number;

  const start = async (...services: readonly string[]): Promise<void> => {
    served = await readingsApplication(...services);
    port = (await bench.serve(served.application)).port;
  };
  /** All records have one key, so their order is that of the calls; `undefined` sends none. */
  const send = (headers: Record<string, string>, value: Uint8Array | string, topic = "readings", key?: string) => {
    const record: OutgoingRecord = {
      topic,
      key,
      headers,
      value: typeof value === "string" ? Buffer.from(value) : value,
    };
    return bench.ports.bus.publish([record]);
  };
  const bytesOf = (sensor_id: string, value: bigint): Uint8Array =>
    encodeMessage(served.codecs.reading, served.codecs.reading.fromPartial({ sensor_id, value }));
  const taken = (service: string, entries: readonly string[]): Promise<void> =>
    eventually(() => expect([...(served.taken[service] ?? [])].sort()).to.deep.equal([...entries].sort()));
  const latest = async () =>
    (await createClient(latestDefinition(served.codecs), createChannel(`127.0.0.1:${port}`)).all({})).results;
  const rows = (entries: readonly string[]): Promise<void> =>
    eventually(async () => {
      const shown = (await latest()).map(({ sensor_id, value }) => `${sensor_id}=${value}`);
      expect(shown.sort()).to.deep.equal(entries);
    });
  const deadLetters = async (count: number, topic = "readings") => {
    await eventually(async () =>
      expect(await recordsOf(bench.ports.bus, `${topic}.dead-letter`)).to.have.length(count),
    );
    return (await recordsOf(bench.ports.bus, `${topic}.dead-letter`)).map(({ headers }) => headers);
  };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("gives each format to the method that takes it", async () => {
    await start("Everything");
    await send({ ce_type: "formats.Reading", "content-type": protobuf }, bytesOf("a", 1n));
    await send(
      { ce_type: "Reading", "Content-Type": "application/x-protobuf; proto=formats.Reading" },
      bytesOf("b", 2n),
    );
    await send(
      { "ce-type": "formats.Reading", ce_datacontenttype: "application/vnd.google.protobuf" },
      bytesOf("c", 3n),
    );
    await send({ ce_type: "acme.Order", "content-type": "application/json" }, '{"id": 1}');
    await send({ "content-type": "application/vnd.acme+json" }, "[2]");
    await send({ "content-type": "text/plain" }, "größer");
    await send({ "content-type": "text/csv; charset=iso-8859-1" }, Uint8Array.of(0xe9));
    await send({ "content-type": "application/octet-stream" }, Uint8Array.of(0, 255));
    await send({ "content-type": "image/png" }, Uint8Array.of(1));
    await send({}, Uint8Array.of(2));
    await taken("Everything", [
      "reading a=1",
      "reading b=2",
      "reading c=3",
      'json acme.Order {"id":1}',
      "json object [2]",
      "text größer",
      "text é",
      "bytes 00ff",
      "bytes 01",
      "bytes 02",
    ]);
    expect(await deadLetters(0)).to.deep.equal([]);
  });

  it("gives every format to a method that takes Any", async () => {
    await start("CatchAll");
    await send({ ce_type: "formats.Reading", "content-type": protobuf }, Uint8Array.of(0x10, 7));
    await send({ ce_type: "acme.Order", "content-type": "application/json" }, '{"id":1}');
    await send({ "content-type": "text/plain" }, "ab");
    await send({ "content-type": "application/octet-stream" }, Uint8Array.of(255));
    await taken("CatchAll", [
      "any type.googleapis.com/formats.Reading 1007",
      'json acme.Order {"id":1}',
      "any type.kalix.io/string 0a026162",
      "any type.kalix.io/bytes 0a01ff",
    ]);
  });

  it("reads JSON as the message it names, where no method takes Any", async () => {
    await start("Typed", "Latest");
    const json = '{"sensorId": "a", "value": "9007199254740993", "taken_at": "2026-01-01T00:00:00.5Z", "later": {}}';
    await send({ ce_type: "formats.Reading", "content-type": "application/json" }, json);
    await send({ "content-type": "application/json" }, '{"sensor_id": "b", "value": 2}');
    await taken("Typed", ["a=9007199254740993", "b=2"]);
    await rows(["a=9007199254740993", "b=2"]);
    const [row] = (await latest()).toSorted((a, b) => a.sensor_id.localeCompare(b.sensor_id));
    expect(row?.taken_at).to.include({ seconds: 1767225600n, nanos: 500_000_000 });
  });

  it("takes the records of the original's generator, without a key", async () => {
    await start("Typed", "Latest");
    const { model } = compileContract(served.application.descriptors);
    const wish = { topic: "readings", type: "formats.Reading", key: undefined, subject: undefined, headers: {} };
    for (const json of ['{"sensor_id": "a", "value": 1}', '{"sensor_id": "b", "value": 2}']) {
      const record = recordOf(model, { ...wish, json, isOriginal: true }, { id: "", time: new Date() });
      expect(record.key).to.equal(undefined);
      expect(Object.keys(record.headers)).to.deep.equal(["ce-type", "ce-specversion", "ce-datacontenttype"]);
      await bench.ports.bus.publish([record]);
    }
    await taken("Typed", ["a=1", "b=2"]);
    await rows(["a=1", "b=2"]);
  });

  it("takes what rollcall publish makes of a wish for JSON", async () => {
    await start("Typed");
    const { model } = compileContract(served.application.descriptors);
    const headers = { "content-type": "application/json" };
    const json = '{"sensorId": "a", "value": "1"}';
    const wish = { topic: "readings", type: "formats.Reading", key: "k", subject: undefined, headers, json };
    const record = recordOf(model, { ...wish, isOriginal: false }, { id: "", time: new Date() });
    expect(JSON.parse(String(record.value))).to.include({ sensor_id: "a", value: "1" });
    await bench.ports.bus.publish([record]);
    await taken("Typed", ["a=1"]);
  });

  it("takes an event of the platform that says deleted as a deletion", async () => {
    await start("Typed", "Latest");
    await send({ ce_type: "formats.Reading", "content-type": protobuf }, bytesOf("a", 1n), "readings", "a");
    await rows(["a=1"]);
    const headers = {
      "ce-type": "google.protobuf.Empty",
      "content-type": "application/vnd.kalix.delete",
      "ce-subject": "a",
    };
    await send(headers, "", "readings", "a");
    await rows([]);
    expect(await deadLetters(0)).to.deep.equal([]);
    await taken("Typed", ["a=1"]);
  });

  for (const [what, headers, value, reason] of [
    [
      "JSON that is none",
      { ce_type: "formats.Reading", "content-type": "application/json" },
      "{oops",
      /application\/json cannot be read as formats.Reading/,
    ],
    [
      "a field of another type",
      { ce_type: "formats.Reading", "content-type": "application/json" },
      '{"value": "x"}',
      /formats\.Reading\.value/,
    ],
    [
      "JSON that is not UTF-8",
      { ce_type: "formats.Reading", "content-type": "application/json" },
      Uint8Array.of(0x22, 0xff, 0x22),
      /cannot be read as formats.Reading/,
    ],
    [
      "JSON of another type",
      { ce_type: "acme.Order", "content-type": "application/json" },
      "{}",
      /no method takes application\/json of type "acme.Order".*google.protobuf.Any/,
    ],
    ["text", { "content-type": "text/plain" }, "hello", /no method takes text\/plain.*google.protobuf.StringValue/],
    ["bytes", { "content-type": "image/png" }, "hello", /no method takes image\/png.*google.protobuf.BytesValue/],
    [
      "malformed protobuf",
      { ce_type: "formats.Reading", "content-type": protobuf },
      Uint8Array.of(255),
      /not a formats.Reading/,
    ],
    ["another message without a content type", { ce_type: "acme.Order" }, "", /"acme.Order", without a content type/],
  ] as const) {
    it(`dead-letters ${what}, and goes on`, async () => {
      await start("Typed");
      await send(headers, value);
      const [letter] = await deadLetters(1);
      expect(letter?.rollcall_error_text).to.match(reason);
      expect(letter).to.include({
        ...headers,
        rollcall_error_status: "INVALID_ARGUMENT",
        rollcall_error_code: "MALFORMED_REQUEST",
      });
      await send({ ce_type: "formats.Reading", "content-type": protobuf }, bytesOf("a", 1n));
      await taken("Typed", ["a=1"]);
    });
  }

  it("dead-letters text and JSON that are broken, whatever takes them", async () => {
    await start("Everything");
    await send({ "content-type": "application/json" }, "{");
    await send({ "content-type": "text/plain" }, Uint8Array.of(0xff));
    await send({ "content-type": "text/plain; charset=klingon" }, "Qapla'");
    const texts = (await deadLetters(3)).map(({ rollcall_error_text }) => rollcall_error_text);
    expect(texts.filter((text) => text?.includes("application/json cannot be read"))).to.have.length(1);
    expect(texts.filter((text) => text?.includes("text/plain cannot be read"))).to.have.length(2);
    expect(texts.join()).to.contain("klingon");
  });

  it("drops what a consumer ignores, by its format too", async () => {
    await start("Choosy");
    await send({ "content-type": "text/plain" }, "hello");
    await send({ "content-type": "image/png" }, "hello");
    await send({ ce_type: "acme.Order", "content-type": "application/json" }, "{}");
    await send({ ce_type: "formats.Reading", "content-type": "application/json" }, '{"sensor_id": "a", "value": 1}');
    await taken("Choosy", ["a=1"]);
    expect(await deadLetters(0)).to.deep.equal([]);
  });

  it("is given each format as it is", async () => {
    await start("Speaker");
    const { codecs } = served;
    const any = (type_url: string, value: Uint8Array) => encodeMessage(codecs.any, { type_url, value });
    const say = (type: string, value: Uint8Array) =>
      send({ ce_type: type, "content-type": protobuf }, value, "say", type);
    await say("formats.SayText", encodeMessage(codecs.sayText, { text: "größer" }));
    await say("formats.SayBytes", encodeMessage(codecs.sayBytes, { bytes: Uint8Array.of(0, 255) }));
    const { type_url, value } = packJson("acme.Order", { id: 1 });
    for (const [url, bytes] of [
      [type_url, value],
      ["json.akkaserverless.com/acme.Old", value],
      ["type.kalix.io/string", Uint8Array.of(0x0a, 1, 0x78)],
      ["type.kalix.io/bytes", Uint8Array.of(0x0a, 1, 0x79)],
      ["type.googleapis.com/formats.Reading", Uint8Array.of(0x10, 7)],
      ["", new Uint8Array()],
    ] as const) {
      await say("google.protobuf.Any", any(url, bytes));
    }
    const said = async () =>
      (await recordsOf(bench.ports.bus, "said")).map(({ headers, value: bytes }) => [
        headers.ce_type,
        headers["content-type"],
        Buffer.from(bytes ?? []).toString(),
      ]);
    await eventually(async () =>
      expect(await said()).to.have.deep.members([
        ["google.protobuf.StringValue", "text/plain; charset=utf-8", "größer"],
        ["google.protobuf.BytesValue", "application/octet-stream", Buffer.from([0, 255]).toString()],
        ["acme.Order.repeated", "application/json", '{"id":1}'],
        ["acme.Old", "application/json", '{"id":1}'],
        ["google.protobuf.StringValue", "text/plain; charset=utf-8", "x"],
        ["google.protobuf.BytesValue", "application/octet-stream", "y"],
        ["formats.Reading", protobuf, "\x10\x07"],
      ]),
    );
    const [letter] = await deadLetters(1, "say");
    expect(letter?.rollcall_error_text).to.contain("type_url");
  });

  it("is given the content type that a reply asks for", async () => {
    await start("Speaker");
    const { codecs } = served;
    const say = (type: string, value: Uint8Array, as: string) =>
      send({ ce_type: type, "content-type": protobuf, "x-as": as }, value, "say", type);
    await say("formats.Reading", bytesOf("a", 9007199254740993n), "application/vnd.acme+json");
    await say("formats.Reading", bytesOf("b", 0n), "application/x-protobuf");
    await say("formats.SayText", encodeMessage(codecs.sayText, { text: "# x" }), "text/markdown");
    await say("formats.SayBytes", encodeMessage(codecs.sayBytes, { bytes: Uint8Array.of(0x41) }), "image/png");
    await say("formats.Reading", bytesOf("c", 1n), "text/plain");
    await eventually(async () => {
      const said = (await recordsOf(bench.ports.bus, "said")).map(({ headers, key, value }) => [
        key,
        headers["content-type"],
        Buffer.from(value ?? []).toString(),
      ]);
      expect(said).to.have.deep.members([
        ["a", "application/vnd.acme+json", '{"sensor_id":"a","value":"9007199254740993"}'],
        ["b", protobuf, Buffer.from(bytesOf("b", 0n)).toString()],
        ["formats.SayText", "text/markdown", "# x"],
        ["formats.SayBytes", "image/png", "A"],
      ]);
    });
    const [letter] = await deadLetters(1, "say");
    expect(letter?.rollcall_error_text).to.contain('a formats.Reading cannot be published as "text/plain"');
  });
});

describeOnBothWays("a value entity whose consumer takes Any", (openPorts) => {
  let bench: TestBench;
  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const serve = async (...services: readonly string[]) => {
    const { application, codecs, taken } = await readingsApplication(...services);
    const served = await bench.serve(application);
    const client = createClient(keeperDefinition(codecs), createChannel(`127.0.0.1:${served.port}`));
    const keep = async (sensor_id: string): Promise<string> => {
      const kept = await client.keep({ sensor_id, value: 1n });
      return `any type.googleapis.com/formats.Reading ${Buffer.from(encodeMessage(codecs.reading, kept)).toString("hex")}`;
    };
    return { keep, taken, close: served.close };
  };

  it("gives it what is stored, and then each change", async () => {
    const before = await serve("Keeper");
    const stored = await before.keep("a");
    await before.close();
    const { keep, taken } = await serve("Keeper", "Follower");
    await eventually(() => expect(taken.Follower).to.include(stored));
    const changed = await keep("b");
    await eventually(() => expect(taken.Follower).to.include(changed));
    expect(await recordsOf(bench.ports.bus, "_rollcall.entity.kept.dead-letter")).to.deep.equal([]);
  });

  it("refuses to start where nothing tells what its state is", async () => {
    const { application } = await readingsApplication("Follower");
    const error = await bench.serve(application).catch((reason: unknown) => reason);
    expect(String(error)).to.contain("INVALID_CONTRACT").and.to.contain('value entity "kept"');
  });
});
