import { Agent, request as httpRequest } from "node:http";
import type { MeshClient } from "./mesh-client.ts";
import { brokenConnection, deadlinePassed, type Outcome, outcomeOfHttp } from "./outcome.ts";
import type { Said } from "./said.ts";
import type { Row } from "./verdict.ts";

const maxSockets = 256;

type Call = {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly deadlineMs: number;
};
type Reply = { readonly status: number; readonly text: string };

type DeviceJson = {
  readonly user_id: string;
  readonly device_id: string;
  readonly is_online: boolean;
  readonly profile: Said["profile"] | null;
};

class DeadlinePassed extends Error {}

/** A client of the REST face at a base address such as `http://127.0.0.1:8080`. */
export const createRestClient = (base: string): MeshClient => {
  const { hostname, port } = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets });

  const call = ({ method, path, body, deadlineMs }: Call): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const sent = httpRequest({ agent, host: hostname, port: port || 80, method, path, headers }, (reply) => {
        const parts: Buffer[] = [];
        reply.on("data", (part: Buffer) => parts.push(part));
        reply.on("error", reject);
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }));
      });
      const timer = setTimeout(() => sent.destroy(new DeadlinePassed()), deadlineMs);
      sent.on("close", () => clearTimeout(timer));
      sent.on("error", reject);
      sent.end(body);
    });

  return {
    async beat({ userId, deviceId, said, version, sessionId, sequence }, deadlineMs) {
      const path = `/users/${encodeURIComponent(userId)}/devices/${encodeURIComponent(deviceId)}/heartbeat`;
      const body = JSON.stringify({
        is_online: said.isOnline,
        profile: said.profile,
        version: String(version),
        session_id: sessionId ?? "",
        sequence: String(sequence ?? 0n),
      });
      try {
        return outcomeOf(await call({ method: "PUT", path, body, deadlineMs }));
      } catch (error) {
        if (error instanceof DeadlinePassed) return deadlinePassed;
        return brokenConnection((error as NodeJS.ErrnoException).code ?? "BROKEN");
      }
    },
    async users(deadlineMs) {
      const { status, text } = await call({ method: "GET", path: "/users", deadlineMs });
      if (status !== 200) throw new Error(`GET /users answers HTTP ${status}`);
      const { results } = JSON.parse(text) as { readonly results: readonly DeviceJson[] };
      return results.map(rowOf);
    },
    close: () => agent.destroy(),
  };
};

const outcomeOf = ({ status, text }: Reply): Outcome => {
  if (status !== 200) return outcomeOfHttp(status, reasonIn(text));
  const { version, is_modified } = JSON.parse(text) as { readonly version: string; readonly is_modified: boolean };
  return { kind: "acknowledged", version: BigInt(version), isModified: is_modified };
};

/** Of a `google.rpc.Status`: the reason of its ErrorInfo, else its message. */
const reasonIn = (text: string): string | undefined => {
  try {
    const { message, details = [] } = JSON.parse(text) as {
      readonly message?: string;
      readonly details?: readonly { readonly reason?: string }[];
    };
    return details.find(({ reason }) => reason !== undefined)?.reason ?? message;
  } catch {
    // What stands between may answer in a language of its own.
    return undefined;
  }
};

const rowOf = ({ user_id, device_id, is_online, profile }: DeviceJson): Row => ({
  userId: user_id,
  deviceId: device_id,
  isOnline: is_online,
  profile: profile ?? { attr1: "", attr2: "", attributes: {} },
});
