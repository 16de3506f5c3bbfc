import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, MethodDescriptorProtoSchema, MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { type handleBidiStreamingCall, type handleServerStreamingCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { projectRoot } from "../../engines/project-root.ts";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { encodeMessage } from "../../runtime/codec.ts";

const httpOption = 72295728;
const lengthDelimited = 2;

/** `option (google.api.http) = {get: path}` as bytes, for a path under 100 characters. */
const getRule = (path: string): Uint8Array => Uint8Array.of(path.length + 2, 0x12, path.length, ...Buffer.from(path));

/** The project's descriptor set with a live query that it does not have yet: `GET /users:watch`, a server stream. */
export const descriptorsWithWatch = async (): Promise<Uint8Array> => {
  const set = fromBinary(FileDescriptorSetSchema, await readFile(join(projectRoot(), "gen", "descriptors.binpb")));
  const api = set.file.flatMap(({ service }) => service).find(({ name }) => name === "PresenceQueryApi");
  if (api === undefined) throw new Error("PresenceQueryApi is not in the descriptor set");
  const options = create(MethodOptionsSchema);
  options.$unknown = [{ no: httpOption, wireType: lengthDelimited, data: getRule("/users:watch") }];
  api.method.push(
    create(MethodDescriptorProtoSchema, {
      name: "WatchUsers",
      inputType: ".google.protobuf.Empty",
      outputType: ".presence.v1.UserPresenceState",
      serverStreaming: true,
      options,
    }),
  );
  return toBinary(FileDescriptorSetSchema, set);
};

/** What the test does with a stream that was opened. */
export type Watch = { send(userId: string): void; end(): void; fail(code: number, details: string): void };

const bytes = (value: Buffer): Buffer => value;
const asBytes = {
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};

const echo: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
  call.on("data", (message: Buffer) => call.write(message));
  call.on("end", () => call.end());
};

/** A view-svc with the live query, for each stream of which `onWatch` is called, and a reflection that echoes. */
export const startWatchUpstream = async (
  onWatch: (watch: Watch) => void,
): Promise<{ readonly port: number; close(): void }> => {
  const watchUsers: handleServerStreamingCall<Buffer, Buffer> = (call) =>
    onWatch({
      send: (user_id) =>
        call.write(Buffer.from(encodeMessage(UserPresenceState, UserPresenceState.create({ user_id })))),
      end: () => call.end(),
      fail: (code, details) => call.emit("error", Object.assign(new Error(details), { code, details })),
    });
  const server = new Server();
  server.addService(
    {
      watchUsers: {
        path: "/presence.view.v1.PresenceQueryApi/WatchUsers",
        requestStream: false,
        responseStream: true,
        ...asBytes,
      },
      reflection: {
        path: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        requestStream: true,
        responseStream: true,
        ...asBytes,
      },
    },
    { watchUsers, reflection: echo },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, close: () => server.forceShutdown() };
};
