import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { startProcess } from "../../engines/child.ts";
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
} from "../../gen/grpc/health/v1/health.ts";
import { type Part, startPart } from "./mesh-part.ts";
import { freePortsInARow } from "./mesh-port.ts";
import { programOf } from "./program.ts";

export type ServiceName = "heartbeat" | "state" | "view";

export type ServiceOptions = {
  readonly name: ServiceName;
  readonly replica: number;
  /** Takes its output and its pid. */
  readonly folder: string;
  /** Variables of Rollcall. */
  readonly environment: Readonly<Record<string, string>>;
  /** False resolves as soon as the process runs, for a test of what it answers before it serves. */
  readonly untilServing?: boolean;
};

const servingWithinMs = 60_000;

/** Resolves when the gRPC server on the port says SERVING; `ended` gives up before that. */
export const whenServing = async (port: number, ended: Promise<string>): Promise<void> => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 200,
  });
  const check = (): Promise<boolean> =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        (request: HealthCheckRequest) => Buffer.from(HealthCheckRequest.encode(request).finish()),
        (bytes: Buffer) => HealthCheckResponse.decode(bytes),
        HealthCheckRequest.create(),
        { deadline: Date.now() + 2000 },
        (_, reply) => resolve(reply?.status === HealthCheckResponse_ServingStatus.SERVING),
      );
    });
  let end: string | undefined;
  void ended.then((how) => {
    end = how;
  });
  try {
    for (const deadline = Date.now() + servingWithinMs; !(await check()); await delay(20)) {
      if (end !== undefined) throw new Error(`the service on port ${port} ended: ${end}`);
      if (Date.now() > deadline) throw new Error(`the service on port ${port} does not serve`);
    }
  } finally {
    client.close();
  }
};

/** A replica of a service as an operator has it: its main, a process of its own. It never outlives this process. */
export const startService = ({
  name,
  replica,
  folder,
  environment,
  untilServing = true,
}: ServiceOptions): Promise<Part> => {
  const id = `${name}-svc-${replica}`;
  let starts = 0;
  return startPart(id, async (earlier) => {
    const port = earlier === 0 ? await freePortsInARow() : earlier;
    const variables = { ...environment, [`ROLLCALL_${name.toUpperCase()}_PORT`]: String(port) };
    const main = programOf(`${name}-svc/main.ts`);
    // Not by the environment of this process, of which every child would have the same.
    const env = ["/usr/bin/env", ...Object.entries(variables).map(([key, value]) => `${key}=${value}`)];
    const { pid, ended } = await startProcess([...env, process.execPath, ...main], {
      logFile: join(folder, `${id}.${starts++}.log`),
      pidFile: join(folder, `${id}.pid`),
    });
    if (untilServing) await whenServing(port, ended);
    return { pid, port };
  });
};
