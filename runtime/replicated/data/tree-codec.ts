import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { MeshError } from "../../errors.ts";
import { type Cell, type Node, type Rule, rules, type Tree } from "./dots.ts";

// A tree in a record of the log. Actors, cells and entries are sorted, so equal trees have equal bytes.
//
//   message Tree  { repeated Actor actors = 1; Node root = 2; }
//   message Actor { string name = 1; uint64 writes = 2; }
//   message Node  { uint32 rule = 1; repeated Cell cells = 2; repeated Entry entries = 3; }
//   message Cell  { uint32 actor = 1; uint64 n = 2; sint64 number = 3; optional bytes value = 4; }
//   message Entry { bytes key = 1; Node node = 2; }
//
// `actor` counts in `actors`, from 0. The rules are 0 present, 1 sum, 2 latest.

const byText = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** Keys are bytes that are kept as text, a character a byte. */
export const bytesOfKey = (key: string): Uint8Array => Buffer.from(key, "latin1");
export const keyOfBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

const field = (writer: BinaryWriter, number: number, type: WireType = WireType.LengthDelimited): BinaryWriter =>
  writer.tag(number, type);

export const encodeTree = ({ seen, root }: Tree): Uint8Array => {
  const writer = new BinaryWriter();
  const actors = [...seen].sort(byText);
  const places = new Map(actors.map(([actor], place) => [actor, place]));
  for (const [actor, writes] of actors) {
    field(writer, 1).fork();
    field(writer, 1).string(actor);
    field(writer, 2, WireType.Varint).uint64(writes);
    writer.join();
  }
  field(writer, 2);
  writeNode(writer, root, places);
  return writer.finish();
};

const writeNode = (writer: BinaryWriter, { rule, cells, entries }: Node, places: ReadonlyMap<string, number>): void => {
  writer.fork();
  field(writer, 1, WireType.Varint).uint32(rules.indexOf(rule));
  for (const [actor, { n, number, value }] of [...cells].sort(byText)) {
    field(writer, 2).fork();
    field(writer, 1, WireType.Varint).uint32(places.get(actor) ?? 0);
    field(writer, 2, WireType.Varint).uint64(n);
    field(writer, 3, WireType.Varint).sint64(number);
    if (value !== undefined) field(writer, 4).bytes(value);
    writer.join();
  }
  for (const [key, node] of [...entries].sort(byText)) {
    field(writer, 3).fork();
    field(writer, 1).bytes(bytesOfKey(key));
    writeNode(field(writer, 2), node, places);
    writer.join();
  }
  writer.join();
};

/** Throws INVALID_RECORD on bytes that are no tree. */
export const decodeTree = (bytes: Uint8Array): Tree => {
  try {
    return readTree(new BinaryReader(bytes));
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw new MeshError("INVALID_RECORD", "the bytes are no replicated data", { cause });
  }
};

/** Calls `read` for each field of a message, which tells whether it knows it. */
const eachField = (reader: BinaryReader, end: number, read: (number: number) => boolean): void => {
  while (reader.pos < end) {
    const [number, type] = reader.tag();
    if (!read(number)) reader.skip(type, number);
  }
};

const endOfMessage = (reader: BinaryReader): number => reader.uint32() + reader.pos;

const readTree = (reader: BinaryReader): Tree => {
  const seen = new Map<string, number>();
  const actors: string[] = [];
  let root: Node | undefined;
  eachField(reader, reader.len, (number) => {
    if (number === 1) {
      const [actor, writes] = readActor(reader);
      actors.push(actor);
      seen.set(actor, writes);
    } else if (number === 2) root = readNode(reader, actors);
    else return false;
    return true;
  });
  if (root === undefined) throw new MeshError("INVALID_RECORD", "the bytes are no replicated data: they have no root");
  return { seen, root };
};

const readActor = (reader: BinaryReader): readonly [string, number] => {
  let name = "";
  let writes = 0;
  eachField(reader, endOfMessage(reader), (number) => {
    if (number === 1) name = reader.string();
    else if (number === 2) writes = Number(reader.uint64());
    else return false;
    return true;
  });
  return [name, writes];
};

const readNode = (reader: BinaryReader, actors: readonly string[]): Node => {
  let rule: Rule = "present";
  const cells = new Map<string, Cell>();
  const entries = new Map<string, Node>();
  eachField(reader, endOfMessage(reader), (number) => {
    if (number === 1) rule = ruleOf(reader.uint32());
    else if (number === 2) cells.set(...readCell(reader, actors));
    else if (number === 3) entries.set(...readEntry(reader, actors));
    else return false;
    return true;
  });
  return { rule, cells, entries };
};

const ruleOf = (place: number): Rule => {
  const rule = rules[place];
  if (rule === undefined) throw new MeshError("INVALID_RECORD", `rule ${place} of replicated data is not known here`);
  return rule;
};

const readCell = (reader: BinaryReader, actors: readonly string[]): readonly [string, Cell] => {
  let place = 0;
  let n = 0;
  let count = 0n;
  let value: Uint8Array | undefined;
  eachField(reader, endOfMessage(reader), (number) => {
    if (number === 1) place = reader.uint32();
    else if (number === 2) n = Number(reader.uint64());
    else if (number === 3) count = BigInt(reader.sint64());
    else if (number === 4) value = reader.bytes();
    else return false;
    return true;
  });
  const actor = actors[place];
  if (actor === undefined) throw new MeshError("INVALID_RECORD", `a cell is of actor ${place}, who is not listed`);
  return [actor, { n, number: count, value }];
};

const readEntry = (reader: BinaryReader, actors: readonly string[]): readonly [string, Node] => {
  let key = "";
  let node: Node | undefined;
  eachField(reader, endOfMessage(reader), (number) => {
    if (number === 1) key = keyOfBytes(reader.bytes());
    else if (number === 2) node = readNode(reader, actors);
    else return false;
    return true;
  });
  if (node === undefined) throw new MeshError("INVALID_RECORD", "an entry of replicated data has no content");
  return [key, node];
};
