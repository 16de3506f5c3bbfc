import { Client, credentials, type MethodDefinition } from "@grpc/grpc-js";
import { service } from "grpc-health-check";
import { answers } from "../../engines/kafka/probe.ts";
import { withMember } from "../../engines/mongodb/member.ts";
import type { PartState } from "./folder.ts";
import { isService } from "./parts.ts";

type Listed = { readonly statuses: Readonly<Record<string, { readonly status: string }>> };

const list = service.List as MethodDefinition<object, Listed>;
const answerWithinMs = 2000;

/** Health by name, as a gRPC server lists it; the empty name is the whole server. `undefined` when it does not answer. */
export const listHealth = async (address: string): Promise<ReadonlyMap<string, string> | undefined> => {
  const client = new Client(address, credentials.createInsecure());
  try {
    const { statuses } = await new Promise<Listed>((resolve, reject) => {
      client.makeUnaryRequest(
        list.path,
        list.requestSerialize,
        list.responseDeserialize,
        {},
        { deadline: Date.now() + answerWithinMs },
        (error, reply) => (reply === undefined ? reject(error ?? new Error("no reply")) : resolve(reply)),
      );
    });
    return new Map(Object.entries(statuses).map(([name, { status }]) => [name, status]));
  } catch {
    return undefined;
  } finally {
    client.close();
  }
};

const envoyAnswers = async (adminPort: number | undefined): Promise<boolean> => {
  const signal = AbortSignal.timeout(answerWithinMs);
  return fetch(`http://127.0.0.1:${adminPort}/ready`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
};

const engineAnswers = async ({ part, port, adminPort }: PartState): Promise<boolean> => {
  if (port === 0) return false;
  if (part === "kafka") return answers(port);
  if (part === "envoy") return envoyAnswers(adminPort);
  return isPrimary(port);
};

/** One try is short, and on a busy machine a living mongod may miss it. */
const isPrimary = async (port: number): Promise<boolean> => {
  for (const deadline = Date.now() + answerWithinMs; ; ) {
    const takesWrites = await withMember(port, (client) => client.db("admin").command({ hello: 1 })).then(
      (state) => state.isWritablePrimary === true,
      () => false,
    );
    if (takesWrites || Date.now() >= deadline) return takesWrites;
  }
};

export type Health = {
  readonly isServing: boolean;
  /** Of a service: each consumer group it runs, and whether it reads. */
  readonly consumers: ReadonlyMap<string, string>;
};

const consumer = "consumer/";

/** How a living part is. `host` is where services listen. */
export const healthOf = async (state: PartState, host: string): Promise<Health> => {
  if (!isService(state.part)) return { isServing: await engineAnswers(state), consumers: new Map() };
  const listed = (await listHealth(`${host}:${state.port}`)) ?? new Map<string, string>();
  const groups = [...listed].filter(([name]) => name.startsWith(consumer));
  return {
    isServing: listed.get("") === "SERVING",
    consumers: new Map(groups.map(([name, status]) => [name.slice(consumer.length), status])),
  };
};
