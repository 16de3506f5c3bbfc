import {
  Server as GrpcServer,
  logVerbosity,
  type Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { decodeMessage, type Message, type MessageFns } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { Log } from "../log.ts";
import { burstInterceptor } from "./burst-call.ts";
import { type Admission, handlerOf, Malformed } from "./calls.ts";
import type { Endpoint } from "./endpoint.ts";
import { installLeanCalls } from "./lean-calls.ts";
import { serializer } from "./serializer.ts";

export type GrpcServerOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly endpoints: readonly Endpoint[];
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  /** Calls in flight, streams among them; one more is RESOURCE_EXHAUSTED. */
  readonly maxCalls: number;
  readonly log: Log;
};

export type RunningGrpcServer = {
  readonly port: number;
  /** Health of a service or of `consumer/<group>`; the empty name is the whole server. */
  setServing(service: string, isServing: boolean): void;
  /** Sends GOAWAY, lets calls in flight end within the grace, then ends what is left. */
  stop(graceMs: number): Promise<void>;
};

/** Starts listening. Throws PORT_IN_USE. */
export const startGrpcServer = async (options: GrpcServerOptions): Promise<RunningGrpcServer> => {
  const { host, endpoints, maxRequestBytes, maxResponseBytes, log } = options;
  // What grpc-js would print itself reaches the caller as an error.
  setLogVerbosity(logVerbosity.NONE);
  installLeanCalls();
  const admission = createAdmission(options.maxCalls);
  const health = new HealthImplementation();
  const server = new GrpcServer({
    "grpc.max_receive_message_length": maxRequestBytes,
    "grpc.max_send_message_length": maxResponseBytes,
    // Nothing of ours reads its counters, and every call would pay for them.
    "grpc.enable_channelz": 0,
    interceptors: [burstInterceptor(maxResponseBytes)],
  });
  health.addToServer(server);
  // Of the process alone, whatever its engines do: a restart would not bring them back.
  health.setStatus("liveness", "SERVING");
  for (const endpoint of endpoints) {
    server.addService(definitionOf(endpoint), { [endpoint.path]: handlerOf(endpoint, admission, log) });
  }
  const port = await bind(server, addressOf(host, options.port));

  return {
    port,
    setServing: (service, isServing) => health.setStatus(service, isServing ? "SERVING" : "NOT_SERVING"),
    async stop(graceMs) {
      // Ends what is left after the grace: a forced shutdown knows no sessions without channelz. It must come before
      // all else, for it does not see those that somebody has begun to close.
      server.drain(addressOf(host, port), graceMs);
      const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      await Promise.race([drained, admission.idle(graceMs).then(() => afterwards(drained))]);
      server.forceShutdown();
    },
  };
};

/** Answers that were given last are still on their way out when the last call has left. */
const lastAnswersMs = 250;
const afterwards = (drained: Promise<void>): Promise<void> => Promise.race([drained, timeout(lastAnswersMs)]);

const timeout = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

const definitionOf = ({ path, shape, request, response }: Endpoint): ServiceDefinition => ({
  [path]: {
    path,
    requestStream: shape === "client_streaming" || shape === "bidi_streaming",
    responseStream: shape === "server_streaming" || shape === "bidi_streaming",
    requestSerialize: serializer(request),
    requestDeserialize: deserializer(request),
    responseSerialize: serializer(response),
    responseDeserialize: deserializer(response),
  },
});

const deserializer =
  (type: MessageFns) =>
  (bytes: Buffer): Message => {
    try {
      return decodeMessage(type, bytes);
    } catch (error) {
      return new Malformed(error);
    }
  };

type CountedAdmission = Admission & {
  /** Resolves when nobody is inside, or after the grace. */
  idle(graceMs: number): Promise<void>;
};

const createAdmission = (maxCalls: number): CountedAdmission => {
  let inside = 0;
  let onIdle = (): void => {};
  return {
    enter() {
      if (inside >= maxCalls) {
        throw new MeshError("TOO_MANY_CALLS", `${maxCalls} calls are in flight; try again`, { retryAfterMs: 100 });
      }
      inside += 1;
    },
    leave() {
      inside -= 1;
      if (inside === 0) onIdle();
    },
    idle: (graceMs) =>
      inside === 0
        ? Promise.resolve()
        : Promise.race([
            timeout(graceMs),
            new Promise<void>((resolve) => {
              onIdle = resolve;
            }),
          ]),
  };
};

const addressOf = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

const bind = (server: Server, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else if (/EADDRINUSE|address already in use/i.test(error.message)) {
        const text = `another process listens on ${address}; stop it or choose another port`;
        reject(new MeshError("PORT_IN_USE", text, { cause: error }));
      } else reject(error);
    });
  });
