import { expect } from "chai";
import { createClient, Status } from "nice-grpc";
import { PresenceUserServiceDefinition } from "../../gen/presence/state/v1/state_api.ts";
import { UserStatus } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import { stateService } from "../../state-svc/service.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf, sendHeartbeat } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

describeOnBothWays("the status of a user", (openPorts) => {
  let bench: TestBench;
  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const statuses = async (): Promise<UserStatus[]> =>
    (await recordsOf(bench.ports.bus, "presence")).map(({ value }) =>
      decodeMessage(UserStatus, value ?? new Uint8Array()),
    );

  it("is told once for each change of the user, and not for a second device", async () => {
    const { port } = await bench.serve(stateService(descriptors));
    const users = createClient(PresenceUserServiceDefinition, await connectTo(`127.0.0.1:${port}`));
    const unknown = await users.getUserStatus({ user_id: "ann" }).catch((error: unknown) => error);
    expect(unknown).to.have.property("code", Status.NOT_FOUND);

    const beat = async (device_id: string, version: bigint, is_online: boolean, devicesOnline: number) => {
      await sendHeartbeat(bench.ports.bus, "heartbeats", { user_id: "ann", device_id, version, is_online });
      await eventually(async () => {
        const status = await users.getUserStatus({ user_id: "ann" });
        expect(status.devices.find((each) => each.device_id === device_id)?.version).to.equal(version);
        expect(status.devices_online).to.equal(devicesOnline);
      });
    };
    await beat("phone", 1n, true, 1);
    await beat("watch", 2n, true, 2);
    await beat("phone", 3n, false, 1);
    await beat("watch", 4n, false, 0);
    await beat("phone", 5n, true, 1);
    await eventually(async () => {
      expect((await statuses()).map(({ is_online }) => is_online)).to.deep.equal([true, false, true]);
    });
    const told = await statuses();
    expect(told.map(({ version }) => version)).to.deep.equal(told.map(({ version }) => version).toSorted());
    const [first] = await recordsOf(bench.ports.bus, "presence");
    expect(first?.key).to.equal("ann");
  });
});
