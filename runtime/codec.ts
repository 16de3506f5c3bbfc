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

/** One that fails half way is not used again. */
const takeSpare = (): BinaryWriter => {
  const writer = spare ?? new BinaryWriter();
  spare = undefined;
  return writer;
};

/** The wire form of a message. */
export const encodeMessage = <T extends Message>(type: MessageFns<T>, message: T): Uint8Array => {
  const writer = takeSpare();
  const bytes = type.encode(message, writer).finish();
  if (bytes.length <= mostKeptBytes) spare = writer;
  return bytes;
};

/** What is used of a writer beyond its public type. The version is pinned. */
type Written = { readonly buffer: Uint8Array; pos: number };

/**
 * The wire form of a message after `headBytes` bytes of which nothing is said, in Node's pool of buffers: cheaper than
 * bytes of its own, and not to be kept, as it keeps all of its part of the pool.
 */
export const encodeBehind = (headBytes: number, type: MessageFns, message: Message): Buffer => {
  const writer = takeSpare();
  const written = type.encode(message, writer) as unknown as Written;
  const { buffer, pos } = written;
  const bytes = Buffer.allocUnsafe(headBytes + pos);
  bytes.set(buffer.subarray(0, pos), headBytes);
  if (pos > mostKeptBytes) return bytes;
  written.pos = 0;
  spare = writer;
  return bytes;
};

/**
 * The message of some bytes. Throws on malformed bytes, and on invalid UTF-8 where the
 * generated reader would put a replacement character and make one id out of two.
 */
export const decodeMessage = <T extends Message>(type: MessageFns<T>, bytes: Uint8Array): T =>
  type.decode(new TextReader(bytes));
