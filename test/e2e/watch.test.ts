import { expect } from "chai";
import { ClientError, createClient } from "nice-grpc";
import { PresenceQueryApiDefinition, type UserChange } from "../../gen/presence/view/v1/view_api.ts";
import { Status } from "../../runtime/status.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { http } from "../support/http.ts";
import { useMesh } from "../support/mesh-suite.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";

type Line = { readonly change: string; readonly key: string; readonly row: { readonly is_online: boolean } | null };

const withinMs = 30_000;

/** What a running mesh has to let a watcher see. */
type Place = {
  readonly rest: () => number;
  readonly endView: () => Promise<unknown>;
};

const describeWatching = (name: string, place: Place): void => {
  const put = async (user: string, is_online: boolean): Promise<void> => {
    const path = `/users/${user}/devices/d/heartbeat`;
    const { status } = await http({ port: place.rest(), method: "PUT", path, body: { is_online } });
    expect(status).to.equal(200);
  };

  it(`tells a REST caller every change as a line of its own, ${name}`, async () => {
    await put("early", true);
    const controller = new AbortController();
    const reply = await fetch(`http://127.0.0.1:${place.rest()}/users:watch`, { signal: controller.signal });
    expect(reply.status).to.equal(200);
    let text = "";
    const reading = reply.body
      ?.pipeThrough(new TextDecoderStream())
      .pipeTo(
        new WritableStream({
          write(part) {
            text += part;
          },
        }),
      )
      .catch(() => "aborted");
    const lines = (): Line[] =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    const told = (): string[] => lines().map(({ change, key }) => `${change} ${key}`.trim());
    await eventually(() => expect(told()).to.include("SYNCED"), withinMs);
    await put("rest", true);
    await eventually(() => expect(told()).to.include("ENTER rest/d"), withinMs);
    await put("rest", false);
    await eventually(() => {
      const last = lines().findLast(({ key }) => key === "rest/d");
      expect([last?.change, last?.row?.is_online]).to.deep.equal(["UPDATE", false]);
    }, withinMs);
    await eventually(() => expect(told()).to.include("ENTER early/d"), withinMs);
    controller.abort();
    expect(await reading).to.equal("aborted");
  });

  it(`resumes a gRPC stream, and ends it with UNAVAILABLE when view-svc stops, ${name}`, async () => {
    const channel = await connectTo(`127.0.0.1:${place.rest()}`);
    const client = createClient(PresenceQueryApiDefinition, channel);
    const read = async (resume_token: string, until: (change: UserChange) => boolean): Promise<UserChange[]> => {
      const changes: UserChange[] = [];
      for await (const change of client.watchUsers({ resume_token })) {
        changes.push(change);
        if (until(change)) break;
      }
      return changes;
    };
    try {
      const all = await read("", ({ change }) => change === "SYNCED");
      await put("missed", true);
      const token = all.at(-1)?.resume_token ?? "";
      const resumed = await read(token, ({ key }) => key === "missed/d");
      expect(resumed.map(({ change }) => change)).to.not.include("RESYNC");
      expect(resumed.at(-1)?.row?.is_online).to.equal(true);

      let isSynced = false;
      const ended = read("", ({ change }) => {
        isSynced ||= change === "SYNCED";
        return false;
      }).catch((error: unknown) => error);
      await eventually(() => expect(isSynced).to.equal(true), withinMs);
      await place.endView();
      const error = await ended;
      expect(error).to.be.instanceOf(ClientError);
      expect((error as ClientError).code).to.equal(Status.UNAVAILABLE);
    } finally {
      channel.close();
    }
  });
};

describe("watching users, embedded", function () {
  this.timeout(120_000);
  const folder = useDataFolder();
  let rollcall: RollcallProcess | undefined;
  before(async () => {
    rollcall = await startRollcall({ ROLLCALL_DATA: folder() });
  });
  after(() => rollcall?.end("SIGKILL"));
  describeWatching("embedded", {
    rest: () => rollcall?.rest ?? 0,
    endView: async () => rollcall?.end("SIGTERM"),
  });
});

describe("watching users, on the mesh", function () {
  this.timeout(240_000);
  const mesh = useMesh({ envoy: true });
  describeWatching("on the mesh", {
    rest: () => mesh().envoy?.port ?? 0,
    endView: async () => mesh().view[0]?.kill("SIGTERM"),
  });
});
