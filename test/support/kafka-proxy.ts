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
  /** Holds everything back, both ways and of new connections too: nobody is told, as where a network is cut. */
  cut(): void;
  /** What was held back goes on. */
  mend(): void;
  /** Every message takes so many milliseconds longer, each way. */
  delay(milliseconds: number): void;
  /** Ends every connection with a reset. */
  reset(): void;
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

/** Writes in order, each message as late as it is told. */
const writerTo = (socket: Socket, delayMs: () => number): ((message: Buffer) => void) => {
  let waiting = 0;
  let last = 0;
  return (message) => {
    const now = performance.now();
    if (waiting === 0 && delayMs() === 0) {
      socket.write(message);
      return;
    }
    last = Math.max(last, now + delayMs());
    waiting += 1;
    setTimeout(() => {
      waiting -= 1;
      socket.write(message);
    }, last - now);
  };
};

/** Stands between kafkajs and a broker whose listener is advertised with this port. */
export const startKafkaProxy = async (): Promise<KafkaProxy> => {
  const sockets = new Set<Socket>();
  let target = 0;
  let toSwallow = 0;
  let swallowed = 0;
  let isCut = false;
  let delayMs = 0;

  const join = (client: Socket): void => {
    const broker = dial(target, "127.0.0.1");
    const produces = new Set<number>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      if (isCut) socket.pause();
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on("end", () => other.end());
    }
    const writeToBroker = writerTo(broker, () => delayMs);
    const writeToClient = writerTo(client, () => delayMs);
    const toBroker = eachMessage((request) => {
      if (request.readInt16BE(4) === produce) produces.add(request.readInt32BE(8));
      writeToBroker(request);
    });
    const toClient = eachMessage((response) => {
      const isProduce = produces.delete(response.readInt32BE(4));
      if (isProduce && toSwallow > 0) {
        toSwallow--;
        swallowed++;
      } else writeToClient(response);
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
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
};
