import { type BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { TextReader } from "./text-reader.ts";

/** A message as the generated code gives it: plain data, fields spelled as in the proto file. */
export type Message = object;

/** The value of a field; `undefined` for a message field that is not set. */
export const fieldOf = (message: Message, field: string): unknown =>
  (message as Readonly<Record<string, unknown>>)[field];

/** What ts-proto generates beside each message type. */
export type MessageFns<T extends Message = Message> = {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
  fromPartial(partial: object): T;
};

const mostKeptBytes = 65_536;
/** A writer that nobody uses, with the room that it has grown to: making that anew is a good part of encoding. */
let spare: BinaryWriter | undefined;

/** The wire form of a message. */
export const encodeMessage = <T extends Message>(type: MessageFns<T>, message: T): Uint8Array => {
  const writer = spare ?? new BinaryWriter();
  // One that fails half way is not used again.
  spare = undefined;
  const bytes = type.encode(message, writer).finish();
  if (bytes.length <= mostKeptBytes) spare = writer;
  return bytes;
};

/**
 * The message of some bytes. Throws on malformed bytes, and on invalid UTF-8 where the
 * generated reader would put a replacement character and make one id out of two.
 */
export const decodeMessage = <T extends Message>(type: MessageFns<T>, bytes: Uint8Array): T =>
  type.decode(new TextReader(bytes));
