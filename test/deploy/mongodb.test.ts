import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { MongoClient } from "mongodb";
import { installMongod } from "../../engines/mongodb/install.ts";
import { type Member, startMember, withMember } from "../../engines/mongodb/member.ts";
import { named, useManifests } from "./manifests.ts";

const answersWithinMs = 10_000;

type Shell = (db: unknown, sleep: unknown, process: unknown) => Promise<void>;

const AsyncFunction = (async () => {}).constructor as new (...text: readonly string[]) => Shell;

describe("The pod of MongoDB", function () {
  this.timeout(120_000);
  const manifests = useManifests();
  let folder = "";
  let member: Member;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-mongodb-pod-"));
    member = await startMember({ binary: await installMongod(), folder, port: 0, parameters: {} });
  });
  after(async () => {
    await member.process.close();
    await rm(folder, { recursive: true, force: true });
  });

  const environment = (): Readonly<Record<string, string | undefined>> => {
    const { containers } = named("mongodb", manifests.of("StatefulSet")).spec.template.spec;
    return Object.fromEntries((containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
  };

  /** Runs the pod's script on this mongod, with as much of mongosh as it uses. */
  const initiate = async (): Promise<void> => {
    const { name } = named("mongodb", manifests.of("StatefulSet")).spec.template.spec.volumes.flatMap(
      ({ configMap }) => configMap ?? [],
    )[0] as { name: string };
    const text = named(name, manifests.of("ConfigMap")).data?.["initiate.js"] ?? "";
    // What mongosh does to a script.
    const awaited = text.replace(/\b(db\.adminCommand|sleep)\(/g, "await $1(");
    const script = new AsyncFunction("db", "sleep", "process", awaited);
    const env = { ...environment(), MONGODB_MEMBER: `127.0.0.1:${member.port}` };
    const initiate = (client: MongoClient) => {
      const db = { adminCommand: (command: Record<string, unknown>) => client.db("admin").command(command) };
      return script(db, delay, { env });
    };
    await withMember(member.port, initiate, answersWithinMs);
  };

  it("makes its replica set the first time, and finds it after that", async () => {
    for (const _start of ["first", "second"]) {
      await initiate();
      const hello = (client: MongoClient) => client.db("admin").command({ hello: 1 });
      const state = await withMember(member.port, hello, answersWithinMs);
      expect(state).to.include({ isWritablePrimary: true, setName: environment().MONGODB_REPLICA_SET });
    }
  });
});
