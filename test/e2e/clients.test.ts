import { credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { expect } from "chai";
import { createClient } from "nice-grpc";
import { installGrpcurl } from "../../engines/grpcurl/install.ts";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";
import { runTool } from "../support/run-tool.ts";

const own = {
  heartbeat: [
    "presence.heartbeat.v1.PresenceHeartbeatCommandService",
    "presence.heartbeat.v1.PresenceHeartbeatEventService",
  ],
  state: ["presence.state.v1.PresenceStateService", "presence.state.v1.PresenceUserService"],
  view: [
    "presence.view.v1.PresenceQueryApi",
    "presence.view.v1.PresenceUserBatchApi",
    "presence.view.v1.PresenceUserQueryApi",
  ],
} as const;
const all = [...own.heartbeat, ...own.state, ...own.view];
const builtIn = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

describe("clients of a running mesh", function () {
  this.timeout(60_000);
  const folder = useDataFolder();
  let rollcall: RollcallProcess;
  let grpcurl: string;

  before(async function () {
    this.timeout(120_000);
    grpcurl = await installGrpcurl();
    rollcall = await startRollcall({ ROLLCALL_DATA: folder() });
  });
  after(() => rollcall.end("SIGKILL"));

  const curl = (...args: string[]) => runTool(grpcurl, ["-plaintext", ...args]);

  for (const [place, services] of [
    ["heartbeat", own.heartbeat],
    ["state", own.state],
    ["view", all],
    ["rest", all],
  ] as const) {
    it(`grpcurl lists and describes the services on the ${place} port`, async () => {
      const address = `localhost:${rollcall[place]}`;
      const listed = await curl(address, "list");
      expect(listed.err).to.equal("");
      expect(listed.out.trim().split("\n").sort()).to.deep.equal([...services, ...builtIn].sort());
      for (const service of [...services, ...builtIn]) {
        const described = await curl(address, "describe", service);
        expect(described.code, described.err).to.equal(0);
        expect(described.out).to.contain(`service ${service.slice(service.lastIndexOf(".") + 1)}`);
      }
      const message = await curl(address, "describe", "presence.v1.Heartbeat");
      expect(message.out).to.contain("string user_id = 1");
    });
  }

  for (const place of ["heartbeat", "rest"] as const) {
    it(`grpcurl sends a heartbeat through the ${place} port`, async () => {
      const data = JSON.stringify({ user_id: `grpcurl-${place}`, device_id: "d", is_online: true });
      const method = "presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent";
      const { code, out, err } = await curl("-d", data, `localhost:${rollcall[place]}`, method);
      expect(code, err).to.equal(0);
      expect(JSON.parse(out)).to.include({ userId: `grpcurl-${place}`, isOnline: true, isModified: true });
    });
  }

  it("grpcurl is told the field at fault", async () => {
    const method = "presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent";
    const { code, err } = await curl("-d", "{}", `localhost:${rollcall.rest}`, method);
    expect(code).not.to.equal(0);
    expect(err).to.contain("InvalidArgument").and.to.contain("user_id");
  });

  it("methods that are only a topic's mouth or ear cannot be called", async () => {
    for (const [port, method] of [
      [rollcall.heartbeat, "presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEventToKafka"],
      [rollcall.state, "presence.state.v1.PresenceHeartbeatEventService/HeartbeatEvent"],
      [rollcall.view, "presence.view.v1.PresenceQueryApi/UpdateView"],
    ] as const) {
      const { err } = await curl("-d", "{}", `localhost:${port}`, method);
      expect(err, method).to.contain("Unimplemented");
    }
  });

  it("a nice-grpc client with generated stubs sends and asks, on the services and through Envoy", async () => {
    for (const [name, heartbeatPort, viewPort] of [
      ["direct", rollcall.heartbeat, rollcall.view],
      ["envoy", rollcall.rest, rollcall.rest],
    ] as const) {
      const beats = createClient(
        PresenceHeartbeatEventServiceDefinition,
        await connectTo(`localhost:${heartbeatPort}`),
      );
      const query = createClient(PresenceQueryApiDefinition, await connectTo(`localhost:${viewPort}`));
      const user_id = `nice-${name}`;
      await beats.heartbeatEvent({ user_id, device_id: "d", is_online: true, profile: { attr1: "x" } });
      await eventually(async () => {
        const { results } = await query.getUsers({});
        const user = results.find((each) => each.user_id === user_id);
        expect(user).to.include({ is_online: true });
        expect(user?.profile).to.include({ attr1: "x" });
      });
    }
  });

  it("a proto-loader client, which reads the protos itself, does the same", async () => {
    const includeDirs = ["proto", "node_modules/google-proto-files"];
    const definition = await load("presence/heartbeat/v1/heartbeat_api.proto", {
      includeDirs,
      keepCase: true,
      longs: String,
    });
    // proto-loader knows the types at run time only.
    const { presence } = loadPackageDefinition(definition) as unknown as ProtoLoaderPackage;
    const client = new presence.heartbeat.v1.PresenceHeartbeatEventService(
      `localhost:${rollcall.heartbeat}`,
      credentials.createInsecure(),
    );
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 30_000, (error) => (error === undefined ? resolve() : reject(error)));
    });
    const reply = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const command = { user_id: "loader", device_id: "d", is_online: true, profile: { attributes: { "a.b": "c" } } };
      client.HeartbeatEvent(command, (error, value) => (error === null ? resolve(value) : reject(error)));
    });
    client.close();
    expect(reply).to.include({ user_id: "loader", is_online: true, is_modified: true, reason: "HEARTBEAT" });
    expect(reply.profile).to.deep.include({ attributes: { "a.b": "c" } });
    expect(reply.version).to.match(/^\d{18}$/);
  });
});

type Callback = (error: ServiceError | null, value: Record<string, unknown>) => void;
type ProtoLoaderClient = {
  HeartbeatEvent(command: object, callback: Callback): void;
  waitForReady(deadline: number, callback: (error?: Error) => void): void;
  close(): void;
};
type ProtoLoaderPackage = {
  presence: {
    heartbeat: {
      v1: { PresenceHeartbeatEventService: new (address: string, credentials: object) => ProtoLoaderClient };
    };
  };
};
