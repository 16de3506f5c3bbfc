import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { type Channel, ClientError, createClient, Status } from "nice-grpc";
import { HealthDefinition } from "../../gen/grpc/health/v1/health.ts";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceStateServiceDefinition } from "../../gen/presence/state/v1/state_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import type { Part } from "../support/mesh-part.ts";
import type { ServiceName } from "../support/mesh-service.ts";
import { useMesh } from "../support/mesh-suite.ts";

const consumerOfState = "consumer/presence.state.v1.PresenceHeartbeatEventService";
const names = ["heartbeat", "state", "view"] as const;
const device = { user_id: "u", device_id: "d" };
/** A call may take 5 s; the rest is the machine's. */
const oneDeadlineMs = 6500;

describe("services whose engine is away", function () {
  this.timeout(180_000);
  const mesh = useMesh();
  const channels = new Map<ServiceName, Channel>();
  const channelOf = (name: ServiceName): Channel => channels.get(name) as Channel;

  const statusOf = async (name: ServiceName, service = ""): Promise<string> =>
    (await createClient(HealthDefinition, channelOf(name)).check({ service })).status;
  const expectServing = (serving: Record<ServiceName, boolean>): Promise<void> =>
    eventually(async () => {
      for (const name of names) {
        expect(await statusOf(name), name).to.equal(serving[name] ? "SERVING" : "NOT_SERVING");
      }
    }, 30_000);
  const all = { heartbeat: true, state: true, view: true };

  before(async () => {
    for (const name of names) channels.set(name, await connectTo(`127.0.0.1:${mesh()[name][0]?.port}`));
    const beats = createClient(PresenceHeartbeatEventServiceDefinition, channelOf("heartbeat"));
    await beats.heartbeatEvent({ ...device, is_online: true });
  });
  after(() => {
    for (const channel of channels.values()) channel.close();
  });

  /** How a call ends, and after how long. */
  const timed = async (call: () => Promise<unknown>): Promise<{ code: unknown; tookMs: number }> => {
    const began = performance.now();
    const error = await call().catch((reason: unknown) => reason);
    return { code: error instanceof ClientError ? error.code : "OK", tookMs: performance.now() - began };
  };
  const expectReadsUnavailable = async (): Promise<void> => {
    const state = createClient(PresenceStateServiceDefinition, channelOf("state"));
    const view = createClient(PresenceQueryApiDefinition, channelOf("view"));
    const reads = [0, 1500, 3000, 4500].flatMap((after) =>
      [() => state.getCurrentUserPresence(device), () => view.getUsers({})].map((call) =>
        delay(after).then(() => timed(call)),
      ),
    );
    for (const { code, tookMs } of await Promise.all(reads)) {
      expect(code).to.equal(Status.UNAVAILABLE);
      expect(tookMs).to.be.below(oneDeadlineMs);
    }
  };

  it("serve while all of it answers", () => expectServing(all));

  it("turn NOT_SERVING for a silent mongod, answer reads within one deadline, and are back by themselves", async () => {
    const [mongod] = mesh().mongod.members as readonly [Part];
    await mongod.kill("SIGSTOP");
    try {
      await expectReadsUnavailable();
      await expectServing({ heartbeat: true, state: false, view: false });
      // It has not given up reading: that has a health of its own.
      expect(await statusOf("state", consumerOfState)).to.equal("SERVING");
    } finally {
      await mongod.kill("SIGCONT");
    }
    await expectServing(all);
  });

  it("turn NOT_SERVING for a dead mongod, without which a heartbeat-svc starts, and are back by themselves", async () => {
    const [mongod] = mesh().mongod.members as readonly [Part];
    await mongod.kill("SIGKILL");
    await expectReadsUnavailable();
    await expectServing({ heartbeat: true, state: false, view: false });
    const another = await mesh().add("heartbeat");
    const channel = await connectTo(`127.0.0.1:${another.port}`);
    const beats = createClient(PresenceHeartbeatEventServiceDefinition, channel);
    expect(await beats.heartbeatEvent({ ...device, is_online: true })).to.include({ is_modified: false });
    channel.close();
    await mongod.restart();
    await expectServing(all);
  });

  for (const [what, take, giveBack] of [
    ["silent", (broker: Part) => broker.kill("SIGSTOP"), (broker: Part) => broker.kill("SIGCONT")],
    ["dead", (broker: Part) => broker.kill("SIGKILL"), (broker: Part) => broker.restart()],
  ] as const) {
    it(`turn NOT_SERVING for a ${what} broker where they need it, and are back by themselves`, async () => {
      const [broker] = mesh().kafka.brokers as readonly [Part];
      await take(broker);
      await expectServing({ heartbeat: false, state: true, view: true });
      const state = createClient(PresenceStateServiceDefinition, channelOf("state"));
      expect(await state.getCurrentUserPresence(device)).to.include({ is_online: true });
      await giveBack(broker);
      await expectServing(all);
    });
  }
});
