import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { type EngineProcess, endLeftover, startProcess } from "../child.ts";
import { EngineError } from "../engine-error.ts";

export const replicaSet = "rs0";

export type MemberOptions = {
  readonly binary: string;
  /** Holds the data, the log, the pid and the port. */
  readonly folder: string;
  /** 0 takes a free one the first time, and the same one ever after: the replica set knows its members by it. */
  readonly port: number;
  /** Server parameters, such as `notablescan`. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
};

/** One mongod that answers. */
export type Member = {
  readonly port: number;
  readonly process: EngineProcess;
  readonly logFile: string;
};

const startWithinMs = 60_000;

/** Without them the files of a small test set would take 1 GB, and a stop 15 s. */
const fixedParameters = { diagnosticDataCollectionEnabled: false, shutdownTimeoutMillisForSignaledShutdown: 100 };

/** Starts one member of the replica set and resolves when it answers, whether it is initiated or not. */
export const startMember = async (options: MemberOptions): Promise<Member> => {
  const { folder, binary, parameters } = options;
  const data = join(folder, "data");
  const logFile = join(folder, "mongod.log");
  const pidFile = join(folder, "mongod.pid");
  await mkdir(data, { recursive: true });
  await endLeftover(pidFile, data);
  const port = await choosePort(join(folder, "port"), options.port);
  const args = ["--dbpath", data, "--port", String(port), "--bind_ip", "127.0.0.1", "--replSet", replicaSet];
  args.push("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket");
  for (const [name, value] of Object.entries({ ...fixedParameters, ...parameters })) {
    args.push("--setParameter", `${name}=${value}`);
  }
  const child = await startProcess([binary, ...args], { logFile, pidFile });
  try {
    await whenAnswering(child, port);
    return { port, process: child, logFile };
  } catch (error) {
    await child.close();
    throw await startFailure(port, logFile, error instanceof Error ? error.message : String(error));
  }
};

const choosePort = async (file: string, wanted: number): Promise<number> => {
  const kept = Number(await readFile(file, "utf8").catch(() => "0"));
  const port = wanted || kept || (await freePort());
  await writeFile(file, `${port}\n`);
  return port;
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const whenAnswering = async (child: EngineProcess, port: number): Promise<void> => {
  const deadline = Date.now() + startWithinMs;
  let end: string | undefined;
  void child.ended.then((how) => {
    end = how;
  });
  while (Date.now() < deadline) {
    const answers = await withMember(port, (client) => client.db("admin").command({ hello: 1 })).then(
      () => true,
      () => false,
    );
    // Looked at after the answer: another process on the port would have answered for this one.
    if (end !== undefined) throw new Error(end);
    if (answers) return;
    await delay(20);
  }
  throw new Error(`no answer after ${startWithinMs / 1000} s`);
};

/** Runs some work on a connection to this member alone, whatever its state; one that does not answer is soon given up. */
export const withMember = async <T>(
  port: number,
  work: (client: MongoClient) => Promise<T>,
  answersWithinMs = 300,
): Promise<T> => {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: answersWithinMs,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
};

/** The end of a log, for a message. */
export const tailOf = async (logFile: string): Promise<string> => {
  const text = await readFile(logFile, "utf8").catch(() => "");
  return text.trim().split("\n").slice(-5).join("\n");
};

const startFailure = async (port: number, logFile: string, what: string): Promise<EngineError> => {
  const text = await readFile(logFile, "utf8").catch(() => "");
  if (/address already in use/i.test(text)) {
    return new EngineError("PORT_IN_USE", `Port ${port} on 127.0.0.1 is taken: stop that process, or choose another.`);
  }
  return new EngineError(
    "START_FAILED",
    `mongod did not start (${what}). The end of ${logFile}:\n${await tailOf(logFile)}`,
  );
};
