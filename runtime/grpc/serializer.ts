import { encodeBehind, type Message, type MessageFns } from "../codec.ts";

/** Before each message stand a byte that tells whether it is compressed, and four of its length. */
export const headBytes = 5;
const emptyHead = new Uint8Array(headBytes);

/** Gives the bytes of a message, as grpc-js asks for them; a Buffer is one that is encoded already. */
export type Serializer = {
  (message: Message): Buffer;
  /** The message with its head, in one piece: grpc-js alone would copy it behind one. */
  readonly framed: (message: Message) => Buffer;
};

export const serializer = (type: MessageFns): Serializer => {
  const serialize = (message: Message): Buffer => (Buffer.isBuffer(message) ? message : encodeBehind(0, type, message));
  const framed = (message: Message): Buffer => {
    const frame = Buffer.isBuffer(message)
      ? Buffer.concat([emptyHead, message])
      : encodeBehind(headBytes, type, message);
    frame[0] = 0;
    frame.writeUInt32BE(frame.length - headBytes, 1);
    return frame;
  };
  return Object.assign(serialize, { framed });
};
