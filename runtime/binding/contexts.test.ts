import { expect } from "chai";
import type { LogRecord } from "../ports.ts";
import { DetachedContext, RecordContext, updateContextOf } from "./contexts.ts";

const record = (headers: Readonly<Record<string, string>>): LogRecord => ({
  topic: "t",
  partition: 2,
  offset: 7n,
  key: "k",
  value: new Uint8Array(),
  headers,
  timestamp: 0,
});

describe("the context of a record", () => {
  it("has the attributes of the event in either spelling", () => {
    const spelt = { ce_id: "1", "ce-source": "s", "Ce-Type": "p.M", ce_subject: "k", "ce-shelf": "top" };
    const { cloudEvent } = new RecordContext(record(spelt), "p.M", () => 0);
    expect(cloudEvent).to.deep.equal({
      id: "1",
      source: "s",
      specversion: "1.0",
      type: "p.M",
      subject: "k",
      shelf: "top",
    });
  });

  it("fills in what every event has", () => {
    const context = updateContextOf("k", record({ "content-type": "text/plain", other: "x" }), "p.M");
    expect(context.cloudEvent).to.deep.equal({
      id: "t/2/7",
      source: "t",
      specversion: "1.0",
      type: "p.M",
      datacontenttype: "text/plain",
    });
  });

  it("finds a header in either spelling, and no other by it", () => {
    const contexts = [
      new RecordContext(record({ "ce-subject": "k", "x-own": "y" }), "p.M", () => 0),
      updateContextOf("k", record({ "ce-subject": "k", "x-own": "y" }), "p.M"),
    ];
    for (const context of contexts) {
      expect(context.header("ce_subject")).to.equal("k");
      expect(context.header("x-own")).to.equal("y");
      expect(context.header("x_own")).to.equal(undefined);
    }
  });
});

describe("the context of what a handler asks for", () => {
  it("keeps the trace of its parent, adds its own headers, and has no caller who could leave", () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const parent = new RecordContext(record({ traceparent, authorization: "secret" }), "p.M", () => 5);
    const context = new DetachedContext(parent, { "x-own": "y" });
    expect(context.headers).to.deep.equal({ traceparent, "x-own": "y" });
    expect([context.deadline, context.signal.aborted, context.now()]).to.deep.equal([undefined, false, 5]);
  });
});
