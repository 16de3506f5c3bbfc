import { rm, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { EngineError } from "../../engines/engine-error.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { startEnvoy } from "../../engines/envoy/start.ts";
import { installKafka } from "../../engines/kafka/install.ts";
import { startKafka } from "../../engines/kafka/start.ts";
import { installMongod } from "../../engines/mongodb/install.ts";
import { startMongod } from "../../engines/mongodb/start.ts";
import { complain, configOrExit } from "../../runtime/run-service.ts";
import { envoyFolder, livePorts } from "./endpoints.ts";
import { type MeshFolder, openMeshFolder, type PartState } from "./folder.ts";
import type { EngineName } from "./parts.ts";
import { identify, type ProcessId } from "./process-id.ts";

// Engines end with the process that started them. This one holds one engine, and ends with it: nobody supervises.

type Held = Pick<PartState, "pid" | "port" | "address" | "adminPort"> & { close(): Promise<void> };
type Hold = { readonly logFile: string; start(log: (line: string) => void): Promise<Held> };

const config = configOrExit();

const holds: Readonly<Record<EngineName, (mesh: MeshFolder) => Hold>> = {
  kafka: (mesh) => ({
    logFile: join(mesh.path, "kafka", "broker-1.log"),
    async start(log) {
      const dataDir = join(mesh.path, "kafka");
      const kafka = await startKafka({ home: await installKafka(), dataDir, port: 0, log });
      const [broker] = kafka.brokers;
      if (broker === undefined) throw new Error("a running Kafka has a broker");
      return { pid: broker.pid, port: broker.port, address: kafka.addresses.join(","), close: kafka.close };
    },
  }),
  mongodb: (mesh) => ({
    logFile: join(mesh.path, "mongodb", "member-0", "mongod.log"),
    async start(log) {
      const dataDir = join(mesh.path, "mongodb");
      const mongod = await startMongod({ binary: await installMongod(), dataDir, log });
      const [member] = mongod.members;
      if (member === undefined) throw new Error("a running replica set has a member");
      return { pid: member.pid, port: member.port, address: mongod.url, close: mongod.close };
    },
  }),
  envoy: (mesh) => ({
    logFile: join(envoyFolder(mesh), "envoy.log"),
    async start(log) {
      const services = await livePorts(mesh);
      const { host, restPort: port } = config;
      return startEnvoy({ binary: await installEnvoy(), workDir: envoyFolder(mesh), host, port, services, log });
    },
  }),
};

/** All logs are found in one folder; engines write theirs beside their data. */
const linkLog = async (mesh: MeshFolder, part: EngineName, logFile: string): Promise<void> => {
  const link = mesh.logOf(part, 1);
  await rm(link, { force: true });
  await symlink(relative(mesh.logs, logFile), link);
};

const isEngine = (name: string | undefined): name is EngineName => name !== undefined && Object.hasOwn(holds, name);

const idOf = async (pid: number): Promise<ProcessId> => {
  const id = await identify(pid);
  if (id === undefined) throw new Error(`process ${pid} ended at once`);
  return id;
};

const keep = async (part: EngineName): Promise<void> => {
  const mesh = await openMeshFolder(config.dataFolder);
  const keeper = await idOf(process.pid);
  const hold = holds[part](mesh);
  await mesh.save({ part, replica: 1, ...keeper, port: 0, keeper });
  await linkLog(mesh, part, hold.logFile);
  const { close, pid, ...rest } = await hold.start((line) => {
    complain(line);
    process.exit(1);
  });
  process.on("SIGTERM", () => void close().finally(() => process.exit(0)));
  await mesh.save({ part, replica: 1, ...rest, ...(await idOf(pid)), keeper });
};

const part = process.argv[2];
if (!isEngine(part)) {
  complain(`the keeper keeps ${Object.keys(holds).join(", ")}; it is started by rollcall up`);
  process.exit(2);
}
try {
  await keep(part);
} catch (error) {
  complain(error instanceof EngineError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exit(1);
}
