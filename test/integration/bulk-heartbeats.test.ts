import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { type Client, type ClientError, createClient } from "nice-grpc";
import {
  type HeartbeatResult,
  type PresenceHeartbeatCommand,
  PresenceHeartbeatEventServiceDefinition,
} from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import type { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { Status } from "../../runtime/status.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { type Gate, gateBus } from "../support/gated-bus.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

type Command = Partial<PresenceHeartbeatCommand>;

const takenOf = ({ result }: HeartbeatResult): Heartbeat => {
  if (result?.$case === "heartbeat") return result.value;
  throw new Error(`expected a heartbeat: ${result?.value.message}`);
};
const codeOf = ({ result }: HeartbeatResult): number => (result?.$case === "error" ? result.value.code : Status.OK);

const beatOf = (n: number, more: Command = {}): Command => ({
  user_id: `u${n}`,
  device_id: "d",
  is_online: true,
  ...more,
});
const beatsOf = (count: number, more: Command = {}): Command[] =>
  Array.from({ length: count }, (_, n) => beatOf(n, more));

describeOnBothWays("heartbeats in bulk", (openPorts) => {
  let bench: TestBench;
  let gate: Gate;
  let port: number;
  let client: Client<PresenceHeartbeatEventServiceDefinition>;

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
    gate = gateBus(bench.ports.bus);
    const served = await bench.serve(heartbeatService(descriptors), { maxCalls }, { ...bench.ports, bus: gate.bus });
    port = served.port;
    client = createClient(PresenceHeartbeatEventServiceDefinition, await connectTo(`127.0.0.1:${port}`));
  });
  afterEach(() => bench.close());

  const batch = async (heartbeats: Command[]): Promise<HeartbeatResult[]> =>
    (await client.heartbeatBatch({ heartbeats })).results;
  const failureOf = async (heartbeats: Command[]): Promise<unknown> =>
    batch(heartbeats).then(
      () => "none",
      (error: unknown) => error,
    );
  const recordCount = async (): Promise<number> =>
    [...(await bench.ports.bus.endOffsets("heartbeats")).values()].reduce((sum, end) => sum + Number(end), 0);

  describe("in a batch", () => {
    it("are what each would have been as a call: a change is on the topic when it is answered", async () => {
      const first = (await batch(beatsOf(50))).map(takenOf);
      expect(first.every(({ is_modified }) => is_modified)).to.equal(true);
      expect(await recordCount()).to.equal(50);
      const again = (await batch(beatsOf(50))).map(takenOf);
      expect(again.map(({ version }) => version)).to.deep.equal(first.map(({ version }) => version));
      expect(again.some(({ is_modified }) => is_modified)).to.equal(false);
      expect(again[0]).to.have.nested.property("next_heartbeat.seconds", 30n);
      expect(await recordCount()).to.equal(50);
      const alone = await client.heartbeatEvent(beatOf(7));
      expect(alone).to.include({ is_modified: false, version: first[7]?.version });
      const records = await recordsOf(bench.ports.bus, "heartbeats");
      const changed = await client.heartbeatEvent(beatOf(1, { profile: { attr1: "a", attr2: "", attributes: {} } }));
      const single = (await recordsOf(bench.ports.bus, "heartbeats")).at(-1);
      expect(changed.is_modified).to.equal(true);
      expect(Object.keys(single?.headers ?? {}).sort()).to.deep.equal(Object.keys(records[0]?.headers ?? {}).sort());
      expect(single?.headers).to.include({ ce_source: records[0]?.headers.ce_source });
    });

    it("fail each for itself, with the status of a call", async () => {
      const results = await batch([
        beatOf(1),
        beatOf(2, { user_id: "" }),
        beatOf(3, { sequence: -1n }),
        beatOf(4, { profile: { attr1: "x".repeat(5000), attr2: "", attributes: {} } }),
        beatOf(5),
      ]);
      expect(results.map(codeOf)).to.deep.equal([0, 3, 3, 3, 0]);
      const [, noUser] = results;
      const alone = await client.heartbeatEvent(beatOf(2, { user_id: "" })).catch((error: unknown) => error);
      expect(noUser?.result?.$case === "error" && noUser.result.value.message).to.equal((alone as ClientError).details);
      const types =
        noUser?.result?.$case === "error" ? noUser.result.value.details.map(({ type_url }) => type_url) : [];
      expect(types).to.deep.equal(
        ["google.rpc.ErrorInfo", "google.rpc.BadRequest"].map((t) => `type.googleapis.com/${t}`),
      );
    });

    it("are taken in order where they are of one device", async () => {
      const results = await batch([
        beatOf(1, { session_id: "s", sequence: 1n }),
        beatOf(2),
        beatOf(1, { session_id: "s", sequence: 2n, is_online: false }),
        beatOf(1, { session_id: "s", sequence: 1n }),
        beatOf(1, { session_id: "s", sequence: 3n }),
      ]);
      expect(results.map(takenOf).map(({ is_online }) => is_online)).to.deep.equal([true, true, false, false, true]);
      const versions = results.map(takenOf).map(({ version }) => version);
      expect((versions[2] as bigint) > (versions[0] as bigint)).to.equal(true);
      expect(versions[3]).to.equal(versions[2]);
    });

    it("are in order, too, behind one that waits for what its sender has seen", async () => {
      const [first] = (await batch([beatOf(1)])).map(takenOf);
      const ahead = (first?.version ?? 0n) + (1n << 40n);
      const results = await batch([beatOf(1, { version: ahead, is_online: false }), beatOf(1), beatOf(2)]);
      expect(results.map(takenOf).map(({ is_online }) => is_online)).to.deep.equal([false, true, true]);
    });

    it("are at most 1,000, and may be none", async () => {
      expect(await batch([])).to.deep.equal([]);
      expect((await batch(beatsOf(1000))).map(codeOf).every((code) => code === Status.OK)).to.equal(true);
      const error = await failureOf(beatsOf(1001));
      expect(error).to.include({ code: Status.INVALID_ARGUMENT });
      expect(String(error)).to.contain("heartbeats are 1001; a batch has at most 1000");
      expect(await recordCount()).to.equal(1000);
    });

    it("are UNAVAILABLE as a whole where none can be taken", async () => {
      await batch(beatsOf(2));
      const reading = gateBus(bench.ports.bus);
      const release = reading.holdCatchUp();
      const elsewhere = await freePort();
      const starting = bench.serve(
        heartbeatService(descriptors),
        { port: elsewhere },
        { ...bench.ports, bus: reading.bus },
      );
      client = createClient(PresenceHeartbeatEventServiceDefinition, await connectTo(`127.0.0.1:${elsewhere}`));
      await eventually(async () => {
        const error = await failureOf(beatsOf(2));
        expect(error).to.include({ code: Status.UNAVAILABLE });
        expect(String(error)).to.contain("still reading its log");
      });
      release();
      await starting;
      expect((await batch(beatsOf(2))).map(takenOf).map(({ is_modified }) => is_modified)).to.deep.equal([
        false,
        false,
      ]);
    });
  });

  describe("on a stream", () => {
    it("are answered in their order, and one that fails does not end it", async () => {
      const commands: Command[] = Array.from({ length: 400 }, (_, n) => {
        if (n % 10 === 3) return beatOf(n, { user_id: "" });
        return beatOf(n % 40, { profile: { attr1: `${Math.floor(n / 80)}`, attr2: "", attributes: {} } });
      });
      const results = await all(client.heartbeatStream(fromList(commands)));
      expect(results.map(codeOf)).to.deep.equal(commands.map(({ user_id }) => (user_id === "" ? 3 : 0)));
      const isAnswered = results.every(
        (result, n) => commands[n]?.user_id === "" || takenOf(result).user_id === commands[n]?.user_id,
      );
      expect(isAnswered).to.equal(true);
      expect(await recordCount()).to.equal(36 * 5);
      const last = results.filter((result) => codeOf(result) === Status.OK).map(takenOf);
      expect(last.slice(-36).every(({ profile }) => profile?.attr1 === "4")).to.equal(true);
    });

    it("are taken in order where they are of one device, whatever holds the first one up", async () => {
      const release = gate.holdPublish();
      const answers = all(
        client.heartbeatStream(fromList([beatOf(1), beatOf(1, { is_online: false }), beatOf(1), beatOf(2)])),
      );
      await eventually(() => expect(gate.waiting()).to.equal(2));
      release();
      const results = (await answers).map(takenOf);
      expect(results.map(({ is_online }) => is_online)).to.deep.equal([true, false, true, true]);
      expect(results.every(({ is_modified }) => is_modified)).to.equal(true);
    });

    it("are read no faster than their answers", async () => {
      const count = 4000;
      const command = beatOf(1, { profile: { attr1: "x".repeat(2000), attr2: "", attributes: {} } });
      let sent = 0;
      async function* commands(): AsyncGenerator<Command> {
        for (; sent < count; sent++) yield command;
      }
      await batch([command]);
      const answers = client.heartbeatStream(commands())[Symbol.asyncIterator]();
      expect(codeOf((await answers.next()).value)).to.equal(Status.OK);
      await eventually(() => expect(sent).to.be.at.least(1000), 15_000);
      await eventually(async () => {
        const before = sent;
        await delay(500);
        expect(sent).to.equal(before);
      }, 15_000);
      // What is answered and not taken, and what the windows of both directions hold.
      expect(sent).to.be.at.most(2500);
      let answered = 1;
      for (let next = await answers.next(); next.done !== true; next = await answers.next()) answered += 1;
      expect(answered).to.equal(count);
    });

    it("end where their caller goes, and hold nothing of the server", async () => {
      for (let n = 0; n < 5; n++) {
        const controller = new AbortController();
        const answers = client.heartbeatStream(endless(n), { signal: controller.signal })[Symbol.asyncIterator]();
        // A machine with much else to do may fence the replica for a moment; it answers all the same.
        for (let i = 0; i <= n; i++) {
          expect(codeOf((await answers.next()).value)).to.be.oneOf([Status.OK, Status.UNAVAILABLE]);
        }
        controller.abort();
        await answers.next().catch(() => undefined);
      }
      // Each of those would be one of the calls that may be in flight.
      await eventually(async () => {
        const streams = Array.from({ length: maxCalls }, () => client.heartbeatStream(fromList([beatOf(1)])));
        for (const results of await Promise.all(streams.map(all))) expect(results.map(codeOf)).to.deep.equal([0]);
      });
    });
  });
});

const maxCalls = 3;

const all = async <T>(answers: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const answer of answers) list.push(answer);
  return list;
};

async function* fromList(commands: readonly Command[]): AsyncGenerator<Command> {
  yield* commands;
}

/** Changes of a few devices, for as long as somebody reads. */
async function* endless(seed: number): AsyncGenerator<Command> {
  for (let n = 0; ; n++) {
    yield beatOf(n % 20, { profile: { attr1: `${seed}/${n}`, attr2: "", attributes: {} } });
  }
}
