import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { MongoClient } from "mongodb";
import { EngineError } from "../engine-error.ts";
import { type Member, replicaSet, startMember, tailOf, withMember } from "./member.ts";

export type MongodOptions = {
  /** What `installMongod` gave. */
  readonly binary: string;
  /** Data, logs and pids. A folder that was used before brings its data, and its ports, with it. */
  readonly dataDir: string;
  /** Of the first member; 0 or left out takes a free one. */
  readonly port?: number;
  /** Three, for tests of a lost primary. */
  readonly members?: 1 | 3;
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Told when a mongod ends without having been asked to. */
  readonly log?: (line: string) => void;
};

export type MongodMember = {
  readonly port: number;
  readonly pid: number;
  /** Ends it as kill -9 does; resolves when it is gone. */
  kill(): Promise<void>;
  close(): Promise<void>;
};

export type RunningMongod = {
  /** A connection string that finds all members. */
  readonly url: string;
  /** Of the first member. */
  readonly port: number;
  readonly members: readonly MongodMember[];
  /** The member that takes writes now; throws when none does. */
  primary(): Promise<MongodMember>;
  /** Ends all members; resolves when they are gone. May be called again. */
  close(): Promise<void>;
  kill(): Promise<void>;
};

const primaryWithinMs = 60_000;

/**
 * Starts a replica set on 127.0.0.1 and resolves when it has a primary that takes writes. It ends with this process
 * at the latest. One set a folder: one that an earlier run left behind is ended first.
 */
export const startMongod = async (options: MongodOptions): Promise<RunningMongod> => {
  const { binary, dataDir, port = 0, members: size = 1, parameters = {}, log } = options;
  const started: Member[] = [];
  const isAskedToEnd = new Set<Member>();
  const isEnded = new Set<Member>();
  const end = async (member: Member, signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    isAskedToEnd.add(member);
    if (signal === "SIGTERM") return member.process.close();
    // It may have ended by itself, or been killed before.
    if (!isEnded.has(member)) process.kill(member.process.pid, signal);
    await member.process.ended;
  };
  const endAll = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    await Promise.all(started.map((member) => end(member, signal)));
  };

  try {
    for (let i = 0; i < size; i++) {
      const folder = join(dataDir, `member-${i}`);
      const member = await startMember({ binary, folder, port: port === 0 ? 0 : port + i, parameters });
      void member.process.ended.then(() => isEnded.add(member));
      started.push(member);
    }
    await initiate(started.map((member) => member.port));
    await whenPrimary(started);
  } catch (error) {
    await endAll("SIGTERM");
    throw error;
  }
  for (const member of started) {
    void member.process.ended.then(async (how) => {
      if (isAskedToEnd.has(member)) return;
      log?.(`mongod ended (${how}). The end of ${member.logFile}:\n${await tailOf(member.logFile)}`);
    });
  }
  const addresses = started.map((member) => `127.0.0.1:${member.port}`).join(",");
  const members = started.map((member) => ({
    port: member.port,
    pid: member.process.pid,
    kill: () => end(member, "SIGKILL"),
    close: () => end(member, "SIGTERM"),
  }));
  return {
    url: `mongodb://${addresses}/?replicaSet=${replicaSet}`,
    port: (started[0] as Member).port,
    members,
    async primary() {
      const isPrimary = await Promise.all(started.map(({ port }) => takesWrites(port)));
      const found = members[isPrimary.indexOf(true)];
      if (found === undefined)
        throw new EngineError("START_FAILED", "The replica set has no primary; wait for an election.");
      return found;
    },
    close: () => endAll("SIGTERM"),
    kill: () => endAll("SIGKILL"),
  };
};

/** It is asked once, and may have to wait for a machine that has other things to do. */
const initiatedWithinMs = 10_000;

/** The first start on a folder makes the set; later ones find it in the data. */
const initiate = async (ports: readonly number[]): Promise<void> => {
  const members = ports.map((port, i) => ({ _id: i, host: `127.0.0.1:${port}` }));
  const settings = { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 };
  const config = { _id: replicaSet, version: 1, members, settings };
  const order = (client: MongoClient) => client.db("admin").command({ replSetInitiate: config });
  await withMember(ports[0] as number, order, initiatedWithinMs).catch((error: unknown) => {
    if (codeOf(error) !== alreadyInitialized) throw error;
  });
};

const alreadyInitialized = 23;

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

const takesWrites = (port: number): Promise<boolean> =>
  withMember(port, (client) => client.db("admin").command({ hello: 1 })).then(
    (state) => state.isWritablePrimary === true,
    () => false,
  );

const whenPrimary = async (members: readonly Member[]): Promise<void> => {
  const deadline = Date.now() + primaryWithinMs;
  while (Date.now() < deadline) {
    const isPrimary = await Promise.all(members.map(({ port }) => takesWrites(port)));
    if (isPrimary.includes(true)) return;
    await delay(20);
  }
  const [first] = members as [Member];
  throw new EngineError(
    "START_FAILED",
    `mongod has no primary after ${primaryWithinMs / 1000} s; remove its folder if its ports have changed. The end of ${first.logFile}:\n${await tailOf(first.logFile)}`,
  );
};
