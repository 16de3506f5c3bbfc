import { expect } from "chai";
import { type Channel, ClientError, createClient, Status } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { encodeMessage } from "../../runtime/codec.ts";
import { headersOf, messageId, sequenceOf } from "../../runtime/eventing/envelope.ts";
import type { EventBus, OutgoingRecord } from "../../runtime/ports.ts";
import { connectTo } from "../support/channel.ts";
import { useMesh } from "../support/mesh-suite.ts";

const keys = 100_000;
const batch = 5000;
const askers = 4;
const answersEach = 250;
const entityType = "user_presence_heartbeat";

const base = BigInt(Date.now() - 60_000) << 16n;

const heartbeatOf = (i: number): Heartbeat =>
  Heartbeat.fromPartial({
    user_id: `user-${i}`,
    device_id: "phone",
    is_online: true,
    profile: { attr1: `user-${i}`, attr2: "steel", attributes: { bike: String(i % 4) } },
    is_modified: true,
    version: base + BigInt(i),
    reason: "HEARTBEAT",
  });

const recordOf = (i: number): OutgoingRecord => {
  const heartbeat = heartbeatOf(i);
  const { user_id: user, version } = heartbeat;
  const key = `${user}/phone`;
  const headers = headersOf({
    id: messageId(entityType, key, version, 0),
    source: "test",
    type: "presence.v1.Heartbeat",
    subject: key,
    sequence: sequenceOf(version, 0),
    time: new Date().toISOString(),
    traceparent: undefined,
  });
  return { topic: "heartbeats", key, partitionKey: user, value: encodeMessage(Heartbeat, heartbeat), headers };
};

const publishAll = async (bus: EventBus): Promise<void> => {
  await bus.ensureTopics([{ name: "heartbeats", policy: "compact" }]);
  for (let first = 0; first < keys; first += batch) {
    await bus.publish(Array.from({ length: batch }, (_, i) => recordOf(first + i)));
  }
};

/** What a replica answered, from its first moment on. */
type Answers = { early: number; unchanged: number; readonly wrong: string[] };

const ask = async (channel: Channel, asker: number, answers: Answers): Promise<void> => {
  const client = createClient(PresenceHeartbeatEventServiceDefinition, channel);
  for (let n = 0; n < answersEach; ) {
    const sent = heartbeatOf((asker * 7919 + n * 104_729) % keys);
    // Half of the devices know the version of their last reply.
    const version = n % 2 === 0 ? 0n : sent.version;
    try {
      const reply = await client.heartbeatEvent({ ...sent, version });
      if (reply.is_modified || reply.version !== sent.version) answers.wrong.push(`${sent.user_id} ${reply.version}`);
      answers.unchanged += 1;
      n += 1;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.details.includes("still reading its log")) answers.early += 1;
      if (error.code !== Status.UNAVAILABLE) answers.wrong.push(error.message);
    }
  }
};

describe("a heartbeat-svc that starts with 100,000 devices in its log", () => {
  const mesh = useMesh({ replicas: { heartbeat: 0, state: 0, view: 0 } });

  it("answers UNAVAILABLE until it has read the log, and calls no unchanged device modified", async function () {
    this.timeout(120_000);
    const ports = await mesh().openPorts();
    try {
      await publishAll(ports.bus);
    } finally {
      await ports.close();
    }
    const { port } = await mesh().add("heartbeat", { untilServing: false });
    const channel = await connectTo(`127.0.0.1:${port}`, { "grpc.max_reconnect_backoff_ms": 20 });
    const answers: Answers = { early: 0, unchanged: 0, wrong: [] };
    try {
      await Promise.all(Array.from({ length: askers }, (_, asker) => ask(channel, asker, answers)));
    } finally {
      channel.close();
    }
    expect(answers.wrong).to.deep.equal([]);
    expect(answers.unchanged).to.equal(askers * answersEach);
    expect(answers.early).to.be.greaterThan(0);
  });
});
