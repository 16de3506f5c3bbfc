import { expect } from "chai";
import { ClientError, createClient } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { createSqliteBus } from "../../runtime/adapters/sqlite/bus.ts";
import { type Database, openDatabase } from "../../runtime/adapters/sqlite/database.ts";
import { createSqliteEntityStore } from "../../runtime/adapters/sqlite/entity-store.ts";
import { createSqliteViewStore } from "../../runtime/adapters/sqlite/view-store.ts";
import { Status } from "../../runtime/status.ts";
import { stateService } from "../../state-svc/service.ts";
import { viewService } from "../../view-svc/service.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";

const devices = 20;

describe("a disk that is full", () => {
  let bench: TestBench;
  let db: Database;
  beforeEach(() => {
    const opened = openDatabase({ folder: ":memory:" });
    db = opened.db;
    const [bus, entities, views] = [createSqliteBus(db), createSqliteEntityStore(db), createSqliteViewStore(db)];
    const close = async (): Promise<void> => {
      await bus.close();
      opened.close();
    };
    bench = openTestBench({ bus, entities, views, close });
  });
  afterEach(() => bench.close());

  /** Pages that the file may yet grow by; SQLite refuses the next one as it does on a full disk. */
  const leaveRoom = (pages: number): void => {
    const taken = db.pragma("page_count", { simple: true });
    db.pragma(`max_page_count = ${Number(taken) + pages}`);
  };

  it("refuses heartbeats for now, gives up no record, loses nothing acknowledged, and goes on when there is room", async () => {
    const services = [heartbeatService(descriptors), stateService(descriptors), viewService(descriptors)];
    const [heartbeat, , view] = await Promise.all(
      services.map((service) => bench.serve(service, { giveUpAfterMs: 1 })),
    );
    const heartbeats = await connectTo(`127.0.0.1:${heartbeat?.port}`);
    const queries = await connectTo(`127.0.0.1:${view?.port}`);
    const sender = createClient(PresenceHeartbeatEventServiceDefinition, heartbeats);
    const rows = createClient(PresenceQueryApiDefinition, queries);
    /** By device: the number that its last acknowledged heartbeat had, and the last that was tried. */
    const acknowledged = new Map<string, number>();
    const tried = new Map<string, number>();
    let next = 0;

    /** The status of one more heartbeat that changes something. */
    const beat = async (): Promise<number> => {
      next += 1;
      const user_id = `u${next % devices}`;
      tried.set(user_id, next);
      const profile = { attr1: String(next), attr2: "x".repeat(1000) };
      const command = { user_id, device_id: "d", is_online: true, profile };
      return sender.heartbeatEvent(command).then(
        () => {
          acknowledged.set(user_id, next);
          return Status.OK;
        },
        (error: unknown) => {
          if (error instanceof ClientError) return error.code;
          throw error;
        },
      );
    };

    for (let i = 0; i < devices; i += 1) expect(await beat()).to.equal(Status.OK);
    leaveRoom(60);
    const told = new Set<number>();
    while (!told.has(Status.UNAVAILABLE)) told.add(await beat());
    for (let i = 0; i < 2 * devices; i += 1) told.add(await beat());
    expect([...told]).to.have.members([Status.OK, Status.UNAVAILABLE]);

    leaveRoom(1_000_000);
    await eventually(async () => expect(await beat()).to.equal(Status.OK), 20_000);
    for (let i = 0; i < devices; i += 1) expect(await beat()).to.equal(Status.OK);
    await eventually(async () => {
      const { results } = await rows.getUsers({});
      const shown = new Map(results.map(({ user_id, profile }) => [user_id, Number(profile?.attr1)]));
      for (const [user_id, number] of acknowledged) {
        expect(shown.get(user_id), user_id).to.be.within(number, tried.get(user_id) ?? number);
      }
    }, 20_000);
    const letters = await bench.ports.bus.endOffsets("heartbeats.dead-letter");
    expect([...letters.values()].every((end) => end === 0n)).to.equal(true);
    heartbeats.close();
    queries.close();
  }).timeout(60_000);
});
