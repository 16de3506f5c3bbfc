import { type handleBidiStreamingCall, type handleServerStreamingCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { UserChange } from "../../gen/presence/view/v1/view_api.ts";
import { encodeMessage } from "../../runtime/codec.ts";

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
        call.write(Buffer.from(encodeMessage(UserChange, UserChange.fromPartial({ row: { user_id } })))),
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
