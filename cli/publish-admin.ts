import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AdminDefinition, type ExplainRequest, type PublishRequest } from "../gen/rollcall/admin/v1/admin.ts";
import { untyped } from "../runtime/component/definition.ts";
import { MeshError } from "../runtime/errors.ts";
import { startGrpcServer } from "../runtime/grpc/server.ts";
import type { Log } from "../runtime/log.ts";
import type { EventBus } from "../runtime/ports.ts";
import type { Served } from "../runtime/serve.ts";
import { Status } from "../runtime/status.ts";
import { replaceFile } from "./mesh/folder.ts";
import { identify, isAlive, type ProcessId } from "./mesh/process-id.ts";

const { methods, fullName } = AdminDefinition;
const mostBytes = 1 << 20;
const graceMs = 1000;

type AdminFile = ProcessId & { readonly port: number };

const fileIn = (dataFolder: string): string => join(dataFolder, "admin.json");

const publish = async (bus: EventBus, request: PublishRequest): Promise<object> => {
  const { topic, key, partition_key: partitionKey, value, headers } = request;
  try {
    await bus.publish([{ topic, key, partitionKey, value, headers }]);
    return {};
  } catch (error) {
    if (!(error instanceof MeshError) || error.code !== "INVALID_RECORD") throw error;
    // The caller made this record, no handler of ours.
    throw new MeshError("INVALID_RECORD", error.text, { status: Status.INVALID_ARGUMENT, cause: error });
  }
};

type Explain = Served["explain"];

const explainQuery = async (explain: Explain, { path, request }: ExplainRequest): Promise<object> => {
  const explained = await explain(path, request);
  if (explained !== undefined) return explained;
  throw new MeshError("INVALID_FIELD", `no query ${path} runs here`, { status: Status.NOT_FOUND });
};

/** What other processes of this machine may ask for, of a store that only this one has open. */
export type Administered = { readonly bus: EventBus; readonly explain: Explain };

/** Lets other processes of this machine publish to the bus and look into the store, until it is closed. */
export const startAdmin = async (
  dataFolder: string,
  { bus, explain }: Administered,
  log: Log,
): Promise<{ close(): Promise<void> }> => {
  const file = fileIn(dataFolder);
  const server = await startGrpcServer({
    // Whatever the services are bound to: this is for this machine only.
    host: "127.0.0.1",
    port: 0,
    maxRequestBytes: mostBytes,
    maxResponseBytes: mostBytes,
    maxCalls: 100,
    log,
    endpoints: [
      {
        shape: "unary",
        path: `/${fullName}/${methods.publish.name}`,
        request: methods.publish.requestType,
        response: methods.publish.responseType,
        handle: (request) => publish(bus, untyped<PublishRequest>(request)),
      },
      {
        shape: "unary",
        path: `/${fullName}/${methods.explain.name}`,
        request: methods.explain.requestType,
        response: methods.explain.responseType,
        handle: (request) => explainQuery(explain, untyped<ExplainRequest>(request)),
      },
    ],
  });
  await replaceFile(file, `${JSON.stringify({ ...(await identify(process.pid)), port: server.port })}\n`);
  return {
    async close() {
      await rm(file, { force: true });
      await server.stop(graceMs);
    },
  };
};

/** The admin port of the `rollcall run` that has the data folder open; `undefined` when none has. */
export const findAdmin = async (dataFolder: string): Promise<number | undefined> => {
  const text = await readFile(fileIn(dataFolder), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const found = JSON.parse(text) as AdminFile;
  return (await isAlive(found)) ? found.port : undefined;
};
