import { expect } from "chai";
import { type Client, createClient, Status } from "nice-grpc";
import { PresenceUserServiceDefinition } from "../../gen/presence/state/v1/state_api.ts";
import { UserStatus } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { Served } from "../../runtime/serve.ts";
import { stateService } from "../../state-svc/service.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf, sendHeartbeat } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

describeOnBothWays("the status of a user", (openPorts) => {
  let bench: TestBench;
  /** The time of all services, which a test moves. */
  let now: number;
  let served: Served;
  let users: Client<PresenceUserServiceDefinition>;
  let version: bigint;

  const serveState = async (): Promise<Served> => bench.serve(stateService(descriptors), { now: () => now });
  const connect = async ({ port }: Served): Promise<Client<PresenceUserServiceDefinition>> =>
    createClient(PresenceUserServiceDefinition, await connectTo(`127.0.0.1:${port}`));

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
    now = Date.now();
    version = 0n;
    served = await serveState();
    users = await connect(served);
  });
  afterEach(() => bench.close());

  const told = async (): Promise<UserStatus[]> =>
    (await recordsOf(bench.ports.bus, "presence")).map(({ value }) =>
      decodeMessage(UserStatus, value ?? new Uint8Array()),
    );
  const expectTold = (...online: readonly boolean[]): Promise<void> =>
    eventually(async () => expect((await told()).map(({ is_online }) => is_online)).to.deep.equal(online), 15_000);

  /** Resolves when the user's status has it. */
  const say = async (device_id: string, is_online: boolean, reason = is_online ? "HEARTBEAT" : "LEAVE") => {
    version += 1n;
    const said = version;
    await sendHeartbeat(bench.ports.bus, "heartbeats", { user_id: "ann", device_id, version, is_online, reason });
    await eventually(async () => {
      const { devices } = await users.getUserStatus({ user_id: "ann" });
      expect(devices.find((device) => device.device_id === device_id)?.version).to.equal(said);
    }, 15_000);
  };
  const status = () => users.getUserStatus({ user_id: "ann" });

  it("is told once for each change of the user, and not for a second device", async () => {
    const unknown = await status().catch((error: unknown) => error);
    expect(unknown).to.have.property("code", Status.NOT_FOUND);
    await say("phone", true);
    await say("watch", true);
    expect(await status()).to.include({ devices_online: 2 });
    await say("phone", false);
    expect(await status()).to.include({ is_online: true, devices_online: 1 });
    await say("watch", false, "TIMEOUT");
    expect(await status()).to.include({ is_online: false, devices_online: 0 });
    await say("phone", true);
    await expectTold(true, false, true);
    const versions = (await told()).map((each) => each.version);
    expect(versions).to.deep.equal(versions.toSorted());
    const [first] = await recordsOf(bench.ports.bus, "presence");
    expect(first?.key).to.equal("ann");
  });

  it("is online for three seconds after a leave, and tells nothing of who returns within them", async () => {
    await say("phone", true);
    await say("phone", false);
    const held = await status();
    expect(held).to.include({ is_online: true, devices_online: 0 });
    expect(held.offline_at?.seconds).to.equal(BigInt(Math.floor((now + 3000) / 1000)));
    now += 2900;
    await say("watch", true);
    now += 60_000;
    await say("watch", false);
    now += 3001;
    await expectTold(true, false);
    const [, last] = await told();
    expect(last).to.deep.include({ is_online: false, devices_online: 0, offline_at: undefined });
    expect(await status()).to.include({ is_online: false, version: last?.version });
  });

  it("goes offline though the process that took the leave is no more, once, with several others there", async () => {
    await say("phone", true);
    await say("phone", false);
    await served.close();
    now += 10_000;
    const others = await Promise.all([serveState(), serveState(), serveState()]);
    await expectTold(true, false);
    users = await connect(others[0] as Served);
    await eventually(async () => expect(await status()).to.include({ is_online: false }));
    await expectTold(true, false);
  });

  it("is shown online while it comes and goes all the time, and offline within a minute after that", async () => {
    const others = await serveState();
    for (let i = 0; i < 3; i++) {
      await say("phone", true);
      await say("phone", false, "TIMEOUT");
      now += 1000;
    }
    const flapping = await status();
    expect(flapping).to.include({ is_online: true, devices_online: 0, is_flapping: true });
    expect(flapping.transitions).to.have.length(6);
    await expectTold(true, false, true, false, true);
    now += 60_000;
    await expectTold(true, false, true, false, true, false);
    expect(await status()).to.include({ is_online: false, is_flapping: false });
    await others.close();
  });

  it("tells of devices at once, whatever is held back of their user", async () => {
    await say("phone", true);
    await say("phone", false);
    expect(await recordsOf(bench.ports.bus, "users")).to.have.length(2);
    await expectTold(true);
  });
});
