import { expect } from "chai";
import { type Channel, createClient } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { type HttpReply, http } from "../support/http.ts";
import { useMesh } from "../support/mesh-suite.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";

type Result = {
  readonly heartbeat?: { readonly user_id: string; readonly is_modified: boolean; readonly next_heartbeat: string };
  readonly error?: { readonly code: number; readonly message: string; readonly details: readonly object[] };
};

const beatOf = (user_id: string, is_online = true) => ({ user_id, device_id: "d", is_online });

/** What a gateway does, on the port of Envoy. */
const describeBulk = (portOf: () => number): void => {
  let channel: Channel;
  before(async () => {
    channel = await connectTo(`127.0.0.1:${portOf()}`);
  });
  after(() => channel.close());

  const post = (heartbeats: readonly object[]): Promise<HttpReply> =>
    http({ port: portOf(), method: "POST", path: "/heartbeats:batch", body: { heartbeats } });
  const batch = async (heartbeats: readonly object[]): Promise<readonly Result[]> => {
    const reply = await post(heartbeats);
    expect(reply.status, reply.text).to.equal(200);
    return (reply.json() as { readonly results: readonly Result[] }).results;
  };
  const expectOnline = (user: string, is_online: boolean): Promise<void> =>
    eventually(async () => {
      const { text } = await http({ port: portOf(), path: `/users/${user}/devices/d` });
      expect(JSON.parse(text)).to.include({ is_online });
    }, 30_000);

  it("takes a batch of REST, good and bad ones, and every consumer hears of it", async () => {
    const results = await batch([beatOf("ann"), beatOf(""), beatOf("bob"), beatOf("ann", false)]);
    expect(results.map(({ heartbeat }) => heartbeat?.user_id)).to.deep.equal(["ann", undefined, "bob", "ann"]);
    expect(results[0]?.heartbeat).to.include({ is_modified: true, next_heartbeat: "30s" });
    const { error } = results[1] ?? {};
    expect(error).to.include({
      code: 3,
      message: "user_id is empty; it is part of the key and needs 1 to 256 characters",
    });
    expect(error?.details[0]).to.include({
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "INVALID_KEY",
    });
    await expectOnline("bob", true);
    await expectOnline("ann", false);
    expect((await batch([beatOf("bob")]))[0]?.heartbeat).to.include({ is_modified: false });
  });

  it("refuses a batch of REST that is none, or too large", async () => {
    const many = await post(Array.from({ length: 1001 }, (_, n) => beatOf(`many-${n}`)));
    expect(many.status).to.equal(400);
    expect(many.json()).to.include({ code: 3, message: "heartbeats are 1001; a batch has at most 1000" });
    expect((await post([{ user_id: ["no text"] }])).status).to.equal(400);
    expect(await batch([])).to.deep.equal([]);
  });

  it("takes a stream of gRPC, and answers while it is open", async () => {
    const beats = createClient(PresenceHeartbeatEventServiceDefinition, channel);
    let answered = 0;
    async function* commands() {
      for (let n = 0; n < 30; n++) {
        yield beatOf(n % 3 === 2 ? "" : `streaming-${n}`);
        await eventually(() => expect(answered).to.equal(n + 1));
      }
    }
    const kinds: unknown[] = [];
    for await (const { result } of beats.heartbeatStream(commands())) {
      answered += 1;
      kinds.push(result?.$case);
    }
    expect(kinds).to.deep.equal(Array.from({ length: 30 }, (_, n) => (n % 3 === 2 ? "error" : "heartbeat")));
    await expectOnline("streaming-28", true);
  });
};

describe("heartbeats in bulk through Envoy, embedded", function () {
  this.timeout(120_000);
  const folder = useDataFolder();
  let rollcall: RollcallProcess | undefined;
  before(async () => {
    rollcall = await startRollcall({ ROLLCALL_DATA: folder() });
  });
  after(() => rollcall?.end("SIGKILL"));
  describeBulk(() => rollcall?.rest ?? 0);
});

describe("heartbeats in bulk through Envoy, on the mesh", function () {
  this.timeout(180_000);
  const mesh = useMesh({ envoy: true, replicas: { view: 0 } });
  describeBulk(() => mesh().envoy?.port ?? 0);
});
