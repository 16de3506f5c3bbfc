import { expect } from "chai";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import type { LogRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { http } from "../support/http.ts";
import { recordingLog } from "../support/recording-log.ts";
import { type RollcallCli, rollcallOn } from "../support/rollcall-cli.ts";
import { type RollcallProcess, startRollcall, useDataFolder } from "../support/rollcall-process.ts";

const type = "presence.v1.UserPresenceState";
const json = JSON.stringify({ user_id: "a/b", deviceId: "d", isOnline: true, profile: { attr1: "by hand" } });
const wrongCalls = [
  ["JSON that is none", ["users", type, "{oops"], /the JSON is no presence.v1.UserPresenceState/],
  ["a field of another type", ["users", type, '{"user_id": 1}'], /user_id.*expected string/],
  ["an unknown field", ["users", type, '{"colour": "red"}'], /"colour" is unknown/],
  ["a message without its key", ["users", type, '{"user_id": "u"}'], /device_id is empty/],
  ["an unknown type", ["users", "presence.v1.UserPresenceStat", "{}"], /did you mean `presence.v1.UserPresenceState`/],
  ["an unknown topic", ["user", type, json], /topic "user" does not exist/],
  [
    "a record without a key on a compacted topic",
    ["users", type, json, "--raw-original"],
    /takes no record without a key/,
  ],
  ["a key beside --raw-original", ["users", type, json, "--raw-original", "--key", "k"], /cannot be used with/],
] as const;

describe("rollcall publish", function () {
  this.timeout(300_000);

  describe("beside rollcall run", () => {
    const folder = useDataFolder();
    let running: RollcallProcess;
    let rollcall: RollcallCli;
    before(async () => {
      running = await startRollcall({ ROLLCALL_DATA: folder() });
      rollcall = rollcallOn(folder());
    });
    after(() => running.end("SIGKILL"));

    it("reaches the view", async () => {
      const { code, out, err } = await rollcall.run("publish", "users", type, json);
      expect(code, err).to.equal(0);
      expect(out).to.contain("with key a%2Fb/d to users, through rollcall run");
      await eventually(async () => {
        expect((await http({ port: running.rest, path: "/users" })).text)
          .to.contain('"user_id":"a/b"')
          .and.to.contain('"by hand"');
      });
    });

    it("takes a record as the original made it, where the topic takes it", async () => {
      const { code, out } = await rollcall.run("publish", "users.dead-letter", type, json, "--raw-original");
      expect(code).to.equal(0);
      expect(out).to.contain("without a key");
    });

    it("knows the types of the application whose folder it is called in", async () => {
      const there = rollcallOn(folder(), {}, "examples/customer-registry");
      const { code, err } = await there.run("publish", "customers", "customers.CustomerNameChange", "{}");
      expect(code).to.equal(2);
      expect(err).to.contain("did you mean `customers.CustomerNameChanged`?");
    });

    for (const [name, args, text] of wrongCalls) {
      it(`refuses ${name}`, async () => {
        const { code, out, err } = await rollcall.run("publish", ...args);
        expect(code).to.equal(2);
        expect(out).to.equal("");
        expect(err)
          .to.match(/^error: /)
          .and.to.match(text);
      });
    }

    // Last: it ends what the others publish to.
    it("says that nothing runs when it has ended", async () => {
      expect(await running.end("SIGTERM")).to.equal(0);
      const { code, err } = await rollcall.run("publish", "users", type, json);
      expect(code).to.equal(1);
      expect(err).to.contain("rollcall up").and.to.contain("ROLLCALL_DATA");
    });
  });

  describe("on the mesh", () => {
    let rollcall: RollcallCli;
    // Before the folder goes, which tells what is up.
    after(async () => expect((await rollcall.run("down")).code).to.equal(0));
    const folder = useDataFolder();
    before(async () => {
      rollcall = rollcallOn(folder());
      const { code, err } = await rollcall.run("up", "view-svc");
      expect(code, err).to.equal(0);
    });

    /** The newest record of a topic, read from Kafka. */
    const lastOf = async (topic: string): Promise<LogRecord | undefined> => {
      const brokers = [(await rollcall.stateOf("kafka")).address ?? ""];
      const bus = await createKafkaBus({ brokers, clientId: "test", log: recordingLog() });
      const records: LogRecord[] = [];
      try {
        const onError = (error: unknown): never => {
          throw error;
        };
        await (await bus.follow({ topic, onRecord: (record) => records.push(record), onError })).caughtUp;
      } finally {
        await bus.close();
      }
      return records.toSorted((a, b) => a.timestamp - b.timestamp).at(-1);
    };

    it("writes key and headers as a service does", async () => {
      const { code, out, err } = await rollcall.run("publish", "users", type, json, "--header", "ce_sequence=7.0");
      expect(code, err).to.equal(0);
      expect(out).to.contain("through Kafka at 127.0.0.1:");
      const record = await lastOf("users");
      expect(record?.key).to.equal("a%2Fb/d");
      expect(record?.headers).to.include({
        ce_specversion: "1.0",
        ce_type: type,
        ce_subject: "a%2Fb/d",
        ce_sequence: "7.0",
        "content-type": "application/protobuf",
      });
    });

    it("takes a key and a subject of the user's", async () => {
      const args = ["users", type, '{"is_online": true}', "--key", "u/phone", "--subject", "somebody"];
      expect((await rollcall.run("publish", ...args)).code).to.equal(0);
      const record = await lastOf("users");
      expect(record?.key).to.equal("u/phone");
      expect(record?.headers.ce_subject).to.equal("somebody");
    });

    it("writes a record exactly as the original's generator did", async () => {
      const { code } = await rollcall.run("publish", "users.dead-letter", type, json, "--raw-original");
      expect(code).to.equal(0);
      const record = await lastOf("users.dead-letter");
      expect(record?.key).to.equal(undefined);
      expect(record?.headers).to.deep.equal({
        "ce-type": "com.example.demo.presence.domain.UserPresenceState",
        "ce-specversion": "1.0",
        "ce-datacontenttype": "application/protobuf",
      });
    });

    it("refuses the same as beside rollcall run", async () => {
      for (const [name, args, text] of wrongCalls.slice(-3, -1)) {
        const { code, err } = await rollcall.run("publish", ...args);
        expect(code, name).to.equal(2);
        expect(err).to.match(text);
      }
    });
  });
});
