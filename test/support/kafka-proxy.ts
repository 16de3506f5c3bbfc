import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

const produce = 0;

export type KafkaProxy = {
  readonly port: number;
  /** Where connections go; to be set before the first one. */
  forwardTo(port: number): void;
  /** The broker's next `count` answers to produce requests never arrive. */
  swallowProduceResponses(count: number): void;
  /** How many were swallowed. */
  readonly swallowed: number;
  close(): Promise<void>;
};

/** Cuts a stream into the messages of the Kafka protocol, each with its four bytes of length. */
const eachMessage = (take: (message: Buffer) => void): ((data: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
};

/** Stands between kafkajs and a broker whose listener is advertised with this port. */
export const startKafkaProxy = async (): Promise<KafkaProxy> => {
  const sockets = new Set<Socket>();
  let target = 0;
  let toSwallow = 0;
  let swallowed = 0;

  const join = (client: Socket): void => {
    const broker = dial(target, "127.0.0.1");
    const produces = new Set<number>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on("end", () => other.end());
    }
    const toBroker = eachMessage((request) => {
      if (request.readInt16BE(4) === produce) produces.add(request.readInt32BE(8));
      broker.write(request);
    });
    const toClient = eachMessage((response) => {
      const isProduce = produces.delete(response.readInt32BE(4));
      if (isProduce && toSwallow > 0) {
        toSwallow--;
        swallowed++;
      } else client.write(response);
    });
    client.on("data", toBroker);
    broker.on("data", toClient);
  };

  const server = createServer(join).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a listening server has a port");
  return {
    port: address.port,
    forwardTo(port) {
      target = port;
    },
    swallowProduceResponses(count) {
      toSwallow += count;
    },
    get swallowed() {
      return swallowed;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
};
