import { expect } from "chai";
import type { LogRecord } from "../ports.ts";
import { headersOf, isDeletion, readEnvelope, sequenceOf, versionOf } from "./envelope.ts";

const record = (headers: Record<string, string>): LogRecord => ({
  topic: "t",
  partition: 2,
  offset: 9n,
  key: "k",
  value: new Uint8Array(),
  headers,
  timestamp: 0,
});

describe("envelope", () => {
  const envelope = {
    id: "i",
    source: "s",
    type: "p.M",
    subject: "u/d",
    sequence: "7.0",
    time: "2026-01-01T00:00:00.000Z",
    traceparent: "00-1-2-01",
  };

  it("is written as CloudEvents in binary mode and read back", () => {
    const headers = headersOf(envelope);
    expect(headers).to.include({ ce_specversion: "1.0", ce_type: "p.M", "content-type": "application/protobuf" });
    const { source: _source, time: _time, ...rest } = envelope;
    expect(readEnvelope(record(headers))).to.include(rest);
  });

  it("reads the spelling with dashes, in any case, and ce_datacontenttype", () => {
    const read = readEnvelope(
      record({ "CE-Type": "p.M", "ce-datacontenttype": "application/protobuf", "ce-subject": "x" }),
    );
    expect(read).to.include({ type: "p.M", subject: "x" });
    expect(read.content).to.include({ format: "protobuf" });
  });

  it("takes the type from the content type's parameter first", () => {
    const read = readEnvelope(record({ ce_type: "M", "content-type": "application/x-protobuf; proto=p.M" }));
    expect(read).to.include({ type: "p.M" });
    expect(read.content).to.include({ format: "protobuf" });
  });

  for (const [headers, format] of [
    [{ "content-type": "application/protobuf" }, "protobuf"],
    [{ "Content-Type": "Application/X-Protobuf" }, "protobuf"],
    [{ ce_datacontenttype: "application/vnd.google.protobuf; messageType=p.M" }, "protobuf"],
    [{ "content-type": "application/json; charset=utf-8" }, "json"],
    [{ "ce-datacontenttype": "application/vnd.acme.thing+json" }, "json"],
    [{ "content-type": "text/plain" }, "text"],
    [{ "CONTENT-TYPE": "TEXT/csv;header=present" }, "text"],
    [{ "content-type": "application/octet-stream" }, "bytes"],
    [{ "content-type": "image/png" }, "bytes"],
    [{ "content-type": "application/jsonish" }, "bytes"],
    [{}, "bytes"],
  ] as const) {
    it(`reads ${JSON.stringify(headers)} as ${format}`, () => {
      expect(readEnvelope(record(headers)).content.format).to.equal(format);
    });
  }

  it("knows a deletion by its missing value, or by the platform's own content type", () => {
    const deleted = { "content-type": "application/vnd.kalix.delete", "ce-type": "google.protobuf.Empty" };
    expect(isDeletion(record(deleted))).to.equal(true);
    expect(isDeletion({ ...record({}), value: null })).to.equal(true);
    expect(isDeletion(record({}))).to.equal(false);
    expect(isDeletion({ ...record(deleted), value: Uint8Array.of(1) })).to.equal(false);
  });

  it("names a record without an id by its place", () => {
    expect(readEnvelope(record({})).id).to.equal("t/2/9");
  });

  it("reads the version of a sequence, and none from a malformed one", () => {
    expect(versionOf(sequenceOf(117_668_122_704_154_605n, 3))).to.equal(117_668_122_704_154_605n);
    for (const malformed of [undefined, "", "7", "x.0", "-1.0", "1e3.0", `${"9".repeat(30)}.0`]) {
      expect(versionOf(malformed)).to.equal(undefined);
    }
  });
});
