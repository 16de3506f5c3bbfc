import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { answerWithinMs } from "../../runtime/adapters/mongodb/errors.ts";
import { type MongoStores, openMongoStores } from "../../runtime/adapters/mongodb/stores.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import { MeshError } from "../../runtime/errors.ts";
import type { EntityType } from "../../runtime/ports.ts";
import { compileQuery } from "../../runtime/view/compile-query.ts";
import { deriveIndexes } from "../../runtime/view/indexes.ts";
import { eventually } from "../support/eventually.ts";
import { type TestMongod, useMongod } from "../support/mongodb.ts";
import { stopProcess } from "../support/process-end.ts";
import { recordingLog } from "../support/recording-log.ts";

/** What a busy machine adds to a bar of time. */
const busyMachineMs = 1500;

const name = "presence.v1.UserPresenceState";

describe("MongoDB stores under faults", function () {
  this.timeout(120_000);
  let presence: EntityType["state"];
  before(async () => {
    const { model } = compileContract(await readFile("gen/descriptors.binpb"));
    const schema = model.registry.getMessage(name);
    if (schema === undefined) throw new Error(`the descriptor set has no ${name}`);
    presence = { ...UserPresenceState, name, schema };
  });

  const opened: MongoStores[] = [];
  const open = async (mongod: TestMongod): Promise<MongoStores> => {
    const stores = await openMongoStores({ url: mongod.url(), database: "faults", log: recordingLog() });
    opened.push(stores);
    return stores;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((stores) => stores.close()));
  });

  /** A view of who is online, and how its rows are written and read. */
  const onlineView = () => {
    const messages = { request: presence.schema, response: presence.schema };
    const tables = new Map([["users", presence.schema]]);
    const text = "SELECT * FROM users WHERE is_online = :is_online";
    const outcome = compileQuery(text, { ...messages, tables, isStreamed: true });
    if (outcome.kind !== "ok") throw new Error(outcome.problems.map((problem) => problem.text).join("; "));
    const { plan } = outcome.value;
    return { plan, table: { id: "online", row: presence, columns: plan.columns, indexes: deriveIndexes([plan]) } };
  };

  const state = (key: string, version: bigint) =>
    UserPresenceState.fromPartial({ user_id: key, is_online: true, version });

  /** Keeps changing entities and rows until told to stop; remembers the last version of each that was acknowledged. */
  const startLoad = ({ entities, views }: MongoStores, type: EntityType, isFaultMade: () => boolean) => {
    const { table } = onlineView();
    const saved = new Map<string, bigint>();
    const written = new Map<string, bigint>();
    let isStopping = false;
    /** Another write than this one stands: with one writer a key, an earlier one of unknown outcome. It must show. */
    const expectOvertaken = async (key: string, version: bigint): Promise<void> => {
      expect(isFaultMade(), `a conflict over ${key} before anything went wrong, with one writer a key`).to.equal(true);
      await eventually(async () => {
        const found = (await entities.load(type, key))?.version ?? 0n;
        expect(found > version, `${key} has version ${found}; a save from ${version} was a conflict`).to.equal(true);
      }, 30_000);
    };
    const saver = async (key: string): Promise<void> => {
      while (!isStopping) {
        try {
          const before = (await entities.load(type, key))?.version ?? 0n;
          const change = { key, expectedVersion: before, version: before + 1n, state: state(key, before + 1n) };
          const outcome = await entities.save(type, { ...change, pending: [], applied: undefined });
          if (outcome === "conflict") await expectOvertaken(key, before);
          else saved.set(key, before + 1n);
        } catch (error) {
          expectUnavailable(error);
        }
      }
    };
    const writer = async (key: string): Promise<void> => {
      for (let version = 1n; !isStopping; version += 1n) {
        const position = { scale: "sequence", at: String(version).padStart(20, "0") };
        try {
          await views.write(table, [{ key, source: "users", position, row: state(key, version) }]);
          written.set(key, version);
        } catch (error) {
          expectUnavailable(error);
        }
      }
    };
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const done = Promise.all([...keys.map(saver), ...keys.map(writer)]);
    return {
      saved,
      written,
      stop: async () => {
        isStopping = true;
        await done;
      },
    };
  };

  const expectUnavailable = (error: unknown): void => {
    if (!(error instanceof MeshError) || error.code !== "STORE_UNAVAILABLE") throw error;
  };

  /** Holds that nothing that was acknowledged is missing. */
  const check = async ({ entities, views }: MongoStores, type: EntityType, load: ReturnType<typeof startLoad>) => {
    for (const [key, version] of load.saved) {
      const entity = await entities.load(type, key);
      // A save of unknown outcome may have come after the last one that was acknowledged.
      expect(Number(entity?.version), `entity ${key}`).to.be.at.least(Number(version));
      expect(entity?.state).to.deep.equal(state(key, entity?.version ?? 0n));
    }
    const { plan, table } = onlineView();
    const found = new Map<string, bigint>();
    for await (const { rows } of views.find(table, plan, UserPresenceState.fromPartial({ is_online: true }))) {
      for (const row of rows as UserPresenceState[]) found.set(row.user_id, row.version);
    }
    for (const [key, version] of load.written) {
      expect(Number(found.get(key)), `row ${key}`).to.be.at.least(Number(version));
    }
    expect(load.written.size).to.equal(20);
  };

  const progressOf = ({ saved, written }: ReturnType<typeof startLoad>): number =>
    Number([...saved.values(), ...written.values()].reduce((sum, version) => sum + version, 0n));

  const progressAfter = async (load: ReturnType<typeof startLoad>, steps: number): Promise<void> => {
    const from = progressOf(load);
    await eventually(() => expect(progressOf(load)).to.be.at.least(from + steps), 30_000);
  };

  const underLoad = async (mongod: TestMongod, fault: () => Promise<void>): Promise<void> => {
    const stores = await open(mongod);
    const type = { name: "user", state: presence };
    await stores.entities.open([type]);
    await stores.views.open(onlineView().table);
    let isFaultMade = false;
    const load = startLoad(stores, type, () => isFaultMade);
    try {
      await progressAfter(load, 500);
      isFaultMade = true;
      await fault();
      await progressAfter(load, 500);
    } finally {
      await load.stop();
    }
    await check(stores, type, load);
  };

  describe("of one server", () => {
    const mongod = useMongod();

    it("miss nothing that was acknowledged before kill -9, and go on by themselves", () =>
      underLoad(mongod, async () => {
        await mongod.running().kill();
        await mongod.restart();
      }));

    it("say STORE_UNAVAILABLE within seconds when the server is gone or silent, and recover", async () => {
      const stores = await open(mongod);
      const type = { name: "away", state: presence };
      const { plan, table } = onlineView();
      await stores.entities.open([type]);
      await stores.views.open(table);
      const find = async () => {
        for await (const _ of stores.views.find(table, plan, UserPresenceState.fromPartial({ is_online: true })));
      };
      const change = { key: "k", expectedVersion: 0n, version: 1n, state: undefined, pending: [], applied: undefined };
      const calls = [
        () => stores.entities.load(type, "k"),
        () => stores.entities.save(type, change),
        () => stores.views.write(table, [{ key: "k", source: "s", position: { scale: "s", at: "1" }, row: undefined }]),
        find,
        () => stores.entities.ping(),
        () => stores.views.ping(),
      ];
      const expectAway = async (): Promise<void> => {
        const began = Date.now();
        const outcomes = await Promise.allSettled(calls.map((call) => call()));
        expect(Date.now() - began).to.be.below(answerWithinMs + busyMachineMs);
        for (const outcome of outcomes) {
          if (outcome.status === "fulfilled") throw new Error("expected a failure");
          expectUnavailable(outcome.reason);
        }
      };

      const [member] = mongod.running().members;
      await stopProcess(member?.pid ?? 0);
      try {
        await expectAway();
      } finally {
        process.kill(member?.pid ?? 0, "SIGCONT");
      }
      await eventually(async () => void (await stores.entities.load(type, "k")), 10_000);
      await mongod.running().kill();
      await expectAway();
      const refused = await open(mongod).catch((error: unknown) => error);
      expectUnavailable(refused);
      await mongod.restart();
      await eventually(find, 10_000);
    });
  });

  describe("of three members", () => {
    const mongod = useMongod({ members: 3 });

    it("miss nothing when the primary is killed, and go on with the next one", () =>
      underLoad(mongod, async () => {
        const primary = await mongod.running().primary();
        await primary.kill();
      }));
  });
});
