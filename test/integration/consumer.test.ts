import { expect } from "chai";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import type { OutgoingRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type ServeSettings, type TestBench } from "../support/served.ts";
import { type Seen, tallyApplication, tallyType } from "../support/tally.ts";
import { recordsOf, sendHeartbeat } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const deadLetters = "tally-in.dead-letter";

describeOnBothWays("a consumer", (openPorts) => {
  let bench: TestBench;
  let seen: Seen;
  const start = async (settings: ServeSettings = {}): Promise<void> => {
    const { application, seen: handled } = await tallyApplication();
    seen = handled;
    await bench.serve({ ...application, accepts: { "old.Heartbeat": "presence.v1.Heartbeat" } }, settings);
  };
  const send = (user_id: string, reason: string, headers = {}): Promise<void> =>
    sendHeartbeat(bench.ports.bus, "tally-in", { user_id, device_id: "d", reason }, headers);
  const raw = (headers: Record<string, string>, value: Uint8Array | null): OutgoingRecord => ({
    topic: "tally-in",
    key: "raw",
    value,
    headers,
  });

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("calls the handler of a refused record once, whether or not others wait around it", async () => {
    await start();
    const texts = ["fine", "refuse", "fine", "refuse", "fine"];
    await Promise.all(texts.map((text) => send("u", text)));
    await eventually(async () => expect(await recordsOf(bench.ports.bus, deadLetters)).to.have.length(2));
    await eventually(() => expect(seen.taken).to.deep.equal(texts.map((text) => `u:${text}`)));
  });

  it("dead-letters what the handler refuses, with the reason, and goes on", async () => {
    await start();
    await send("u", "refuse");
    await send("u", "fine");
    await eventually(() => expect(seen.taken).to.deep.equal(["u:refuse", "u:fine"]));
    await eventually(async () => expect(await recordsOf(bench.ports.bus, deadLetters)).to.have.length(1));
    const [letter] = await recordsOf(bench.ports.bus, deadLetters);
    expect(letter?.key).to.equal("u/d");
    expect(letter?.headers).to.include({
      ce_type: "presence.v1.Heartbeat",
      rollcall_error_group: "tally.v1.TallyEvents",
      rollcall_error_topic: "tally-in",
      rollcall_error_offset: "0",
      rollcall_error_status: "INVALID_ARGUMENT",
    });
    expect(letter?.headers.rollcall_error_text).to.contain("refused");
  });

  it("tries again what the handler throws, holding back its key only", async () => {
    await start();
    seen.failures = 3;
    await send("slow", "stumble");
    await send("slow", "after");
    await send("quick", "fine");
    await eventually(() => expect(seen.taken).to.include("slow:after"));
    expect(seen.taken.indexOf("quick:fine")).to.be.lessThan(seen.taken.indexOf("slow:after"));
    expect(seen.taken.filter((entry) => entry === "slow:stumble")).to.have.length(4);
    expect(await recordsOf(bench.ports.bus, deadLetters)).to.deep.equal([]);
  });

  it("gives up on a handler that keeps throwing, after the time it is given", async () => {
    await start({ giveUpAfterMs: 60 });
    seen.failures = 1000;
    await send("u", "stumble");
    await eventually(async () => expect(await recordsOf(bench.ports.bus, deadLetters)).to.have.length(1));
    const [letter] = await recordsOf(bench.ports.bus, deadLetters);
    expect(letter?.headers).to.include({ rollcall_error_code: "HANDLER_FAILED" });
    await send("u", "after");
    await eventually(() => expect(seen.taken).to.include("u:after"));
  });

  it("dead-letters malformed bytes, unknown types and foreign content types", async () => {
    await start();
    await bench.ports.bus.publish([
      raw({ ce_type: "presence.v1.Heartbeat" }, Uint8Array.of(0xff, 0xff, 0xff)),
      raw({ ce_type: "presence.v1.Heartbeat" }, Uint8Array.of(0x0a, 0x02, 0xc3, 0x28)),
      raw({ ce_type: "nobody.Knows" }, new Uint8Array()),
      raw({ ce_type: "presence.v1.Heartbeat", "content-type": "image/png" }, Buffer.from("{}")),
    ]);
    await eventually(async () => expect(await recordsOf(bench.ports.bus, deadLetters)).to.have.length(4));
    const texts = (await recordsOf(bench.ports.bus, deadLetters)).map(
      ({ headers }) => headers.rollcall_error_text ?? "",
    );
    expect(texts[0]).to.contain("not a presence.v1.Heartbeat");
    expect(texts[1]).to.contain("not a presence.v1.Heartbeat");
    expect(texts[2]).to.contain('"nobody.Knows"').and.to.contain("handled are presence.v1.Heartbeat");
    expect(texts[3]).to.contain("image/png");
    expect(seen.taken).to.deep.equal([]);
  });

  it("takes a foreign type name that the application accepts", async () => {
    await start();
    await send("u", "fine", { ce_type: "old.Heartbeat" });
    await eventually(() => expect(seen.taken).to.deep.equal(["u:fine"]));
  });

  it("takes the dash spelling of headers", async () => {
    await start();
    await send("u", "fine", { ce_type: "", "ce-type": "presence.v1.Heartbeat" });
    await eventually(() => expect(seen.taken).to.deep.equal(["u:fine"]));
  });

  it("passes over tombstones, and publishes nothing for what is ignored", async () => {
    await start();
    await bench.ports.bus.publish([raw({}, null)]);
    await send("u", "ignore");
    await eventually(() => expect(seen.taken).to.deep.equal(["u:ignore"]));
    expect(await recordsOf(bench.ports.bus, "tally-out")).to.deep.equal([]);
    expect(await recordsOf(bench.ports.bus, deadLetters)).to.deep.equal([]);
  });

  it("applies every record of one entity, even when those of its other keys overtake one", async () => {
    await start();
    seen.failures = 2;
    const record = (key: string, reason: string): OutgoingRecord => ({
      topic: "tally-in",
      key,
      partitionKey: "same",
      value: Heartbeat.encode(Heartbeat.fromPartial({ user_id: "u", device_id: "d", reason })).finish(),
      headers: { ce_type: "presence.v1.Heartbeat" },
    });
    await bench.ports.bus.publish([record("a", "stumble"), record("b", "one"), record("c", "two")]);
    await eventually(async () => {
      const entity = await bench.ports.entities.load(await tallyType(), "u/d");
      expect(entity?.state).to.include({ version: 3n });
    });
  });

  it("stops on a position beyond the end of its topic, and says what to do", async () => {
    await start();
    await send("u", "fine");
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "tally-out")).to.have.length(1));
    const partition = (await recordsOf(bench.ports.bus, "tally-in"))[0]?.partition ?? 0;
    await bench.close();
    bench = openTestBench(await openPorts());
    const { application } = await tallyApplication();
    const source = JSON.stringify(["tally.v1.TallyEvents", "tally-in", partition]);
    await bench.serve(application);
    await bench.ports.entities.save(await tallyType(), {
      key: "u/d",
      expectedVersion: 0n,
      version: 5n,
      state: undefined,
      pending: [],
      applied: { source, offsets: [77n] },
    });
    await send("u", "fine");
    await eventually(() =>
      expect(bench.log.lines.map(({ text, fields }) => text + JSON.stringify(fields, errorText)).join("\n")).to.match(
        /the consumer stopped.*made anew/,
      ),
    );
  });
});

const errorText = (_: string, value: unknown): unknown => (value instanceof Error ? value.message : value);
