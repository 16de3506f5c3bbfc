import { expect } from "chai";
import { createClient } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceUserServiceDefinition } from "../../gen/presence/state/v1/state_api.ts";
import { Heartbeat, UserStatus } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { Ports } from "../../runtime/ports.ts";
import { leaseProfiles } from "../../runtime/replicated/lease-profile.ts";
import { type Beats, falselyOffline, startBeating } from "../support/beating-device.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { longestGap } from "../support/lease-log.ts";
import type { Part } from "../support/mesh-part.ts";
import { useMesh } from "../support/mesh-suite.ts";
import { recordsOf } from "../support/topics.ts";

const { leaseMs } = leaseProfiles.short;
const intervalMs = leaseMs / 2.5;

describe("leases of one second's beats, in processes that are killed", function () {
  this.timeout(120_000);
  const mesh = useMesh({
    replicas: { heartbeat: 2, state: 2, view: 0 },
    environment: { ROLLCALL_LEASE_PROFILE: "short" },
  });
  let ports: Ports;
  before(async () => {
    ports = await mesh().openPorts();
  });
  after(() => ports.close());

  const beatsAt = async ({ port }: Part): Promise<Beats> =>
    createClient(PresenceHeartbeatEventServiceDefinition, await connectTo(`127.0.0.1:${port}`));
  const said = async (user_id: string) =>
    (await recordsOf(ports.bus, "heartbeats"))
      .map(({ value, timestamp }) => ({
        ...decodeMessage(Heartbeat, value ?? new Uint8Array()),
        appendedAt: timestamp,
      }))
      .filter((heartbeat) => heartbeat.user_id === user_id);
  /** Each message once: one whose publish was not answered in time is published again. */
  const told = async (user_id: string): Promise<boolean[]> => {
    const records = await recordsOf(ports.bus, "presence");
    const messages = new Map(records.map(({ headers, value }) => [headers.ce_id, value ?? new Uint8Array()]));
    return [...messages.values()]
      .map((value) => decodeMessage(UserStatus, value))
      .filter((status) => status.user_id === user_id)
      .map(({ is_online }) => is_online);
  };

  it("end for those alone that fall silent, through a kill -9 of a replica and the start of another", async () => {
    let asked = await Promise.all(mesh().heartbeat.map(beatsAt));
    const keepers = Array.from({ length: 20 }, (_, i) => startBeating(`keeper-${i}`, () => asked));
    const silent = startBeating("silent", () => asked);
    await eventually(async () => expect(await said("silent")).to.have.length(1), 20_000);
    const [first] = mesh().heartbeat as [Part, Part];
    const { answeredAt } = await silent.stop();
    await first.kill("SIGKILL");
    asked = [...asked.slice(1), await beatsAt(await mesh().add("heartbeat"))];
    await eventually(async () => expect(await told("silent")).to.deep.equal([true, false]), 60_000);
    const gap = await longestGap(ports.bus, "user_presence_heartbeat");
    const [, offline] = await said("silent");
    expect(offline).to.include({ reason: "TIMEOUT" });
    const allowance = gap > 2000 ? gap + 5000 + intervalMs : gap;
    expect((offline?.appendedAt ?? 0) - answeredAt).to.be.at.most(leaseMs + 15_000 + intervalMs + allowance);
    const stopped = await Promise.all(keepers.map((keeper) => keeper.stop()));
    const records = await recordsOf(ports.bus, "heartbeats");
    expect(falselyOffline(records, keepers, stopped, leaseMs)).to.deep.equal([]);
  });

  it("are no matter of a leave, which is told of its user though all of state-svc was killed in its grace", async () => {
    const { heartbeat, state } = mesh();
    const beats = await beatsAt(heartbeat[1] as Part);
    const device = { user_id: "leaver", device_id: "d" };
    const users = createClient(PresenceUserServiceDefinition, await connectTo(`127.0.0.1:${(state[0] as Part).port}`));
    const status = () => users.getUserStatus({ user_id: "leaver" });
    await beats.heartbeatEvent({ ...device, is_online: true });
    await eventually(async () => expect(await status()).to.include({ devices_online: 1 }), 20_000);
    await beats.heartbeatEvent({ ...device, is_online: false });
    await eventually(async () => expect(await status()).to.include({ is_online: true, devices_online: 0 }), 20_000);
    await Promise.all(state.map((part) => part.kill("SIGKILL")));
    expect(await told("leaver")).to.deep.equal([true]);
    await state[0]?.restart();
    await eventually(async () => expect(await told("leaver")).to.deep.equal([true, false]), 20_000);
    await eventually(async () => expect(await status()).to.include({ is_online: false }), 20_000);
    await state[1]?.restart();
  });
});
