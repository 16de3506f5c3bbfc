import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

// Size, api key 18 (ApiVersions), version 0, correlation id 1, an empty client id.
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0, 0]);
const answerWithinMs = 1000;

const firstAnswer = async (socket: Socket): Promise<boolean> => {
  await once(socket, "connect");
  socket.write(apiVersions);
  const [data] = await once(socket, "data");
  return data.length > 0;
};

/** Whether the broker on the port answers a request; one that is registered and not fenced does. */
export const answers = async (port: number): Promise<boolean> => {
  const socket = dial(port, "127.0.0.1");
  const timer = setTimeout(() => socket.destroy(new Error("no answer")), answerWithinMs);
  const closed = once(socket, "close").then(() => false);
  try {
    return await Promise.race([firstAnswer(socket), closed]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
    await closed.catch(() => {});
  }
};

const listenOn = async (port: number): Promise<ReturnType<typeof createServer>> => {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
};

/** Whether something listens on the port. */
export const isTaken = async (port: number): Promise<boolean> => {
  try {
    const server = await listenOn(port);
    server.close();
    await once(server, "close");
    return false;
  } catch {
    return true;
  }
};

/** Ports that nothing listens on now. They are all held at once, so that no two are the same. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(Array.from({ length: count }, () => listenOn(0)));
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      server.close();
      await once(server, "close");
      if (typeof address !== "object" || address === null) throw new Error("a listening server has a port");
      return address.port;
    }),
  );
};
