import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { MessageFns } from "../../runtime/codec.ts";
import { unary } from "../support/definition.ts";
import { generateProtos, loadGenerated } from "../support/generate-protos.ts";

// The messages of replicated.proto, as ts-proto gives them; the code is generated when the tests run.
export type Key = { id: string };
export type LikesChange = { id: string; by: bigint };
export type LikesCount = { value: bigint };
export type Empty = Record<never, never>;
export type Tag = { id: string; tag: string };
export type TagList = { tags: string[] };
export type Revision = { id: string; number: bigint; text: string };
export type StockChange = { id: string; article: string; by: bigint };
export type StockList = { pieces: Record<string, bigint> };
export type Setting = { value: string; set_by: string };
export type SettingChange = { id: string; name: string; setting?: Setting | undefined };
export type SettingList = { settings: Record<string, Setting> };
export type Guest = { name: string };
export type Visit = { id: string; room: string; guest?: Guest | undefined };
export type Visitors = { rooms: string[]; guests: Guest[] };
export type Post = { id: string; title: string; label: string };
export type PostState = { votes: bigint; labels: string[]; titles: string[] };
export type ReadyReport = { id: string; is_ready: boolean };
export type Verdict = { ready: number; replicas: number; all: boolean };

const file = "replicated/replicated.proto";

/** The descriptor set, and the definitions of its services as the generator writes them. */
export const generateReplicated = async () => {
  const text = readFileSync("test/replicated/replicated.proto", "utf8");
  const folder = await generateProtos("replicated", new Map([[file, text]]));
  const own = await loadGenerated(`${folder}/${file.replace(".proto", ".ts")}`);
  const { Empty } = await loadGenerated(`${folder}/google/protobuf/empty.ts`);
  const codec = <T extends object>(name: string): MessageFns<T> => {
    const found = own[name];
    if (found === undefined) throw new Error(`nothing is generated for ${name}`);
    return found as MessageFns<T>;
  };
  const service = <M extends object>(name: string, methods: M) => ({ name, fullName: `replicated.${name}`, methods });
  const key = codec<Key>("Key");
  const empty = Empty as MessageFns<Empty>;
  const likes = codec<LikesCount>("LikesCount");
  const tags = codec<TagList>("TagList");
  const revision = codec<Revision>("Revision");
  const stock = codec<StockList>("StockList");
  const settings = codec<SettingList>("SettingList");
  const [change, set] = [codec<StockChange>("StockChange"), codec<SettingChange>("SettingChange")];
  const [tag, visit, post] = [codec<Tag>("Tag"), codec<Visit>("Visit"), codec<Post>("Post")];
  const [visitors, state, verdict] = [
    codec<Visitors>("Visitors"),
    codec<PostState>("PostState"),
    codec<Verdict>("Verdict"),
  ];
  return {
    descriptors: await readFile(`${folder}/descriptors.binpb`),
    LikesChange: codec<LikesChange>("LikesChange"),
    Revision: revision,
    Setting: codec<Setting>("Setting"),
    Guest: codec<Guest>("Guest"),
    LikesDefinition: service("Likes", {
      like: unary("Like", codec<LikesChange>("LikesChange"), likes),
      get: unary("Get", key, likes),
      remove: unary("Remove", key, empty),
    }),
    LikesActionsDefinition: service("LikesActions", {
      likeTwice: unary("LikeTwice", codec<LikesChange>("LikesChange"), likes),
      take: unary("Take", codec<LikesChange>("LikesChange"), likes),
    }),
    LikesToldDefinition: service("LikesTold", { take: unary("Take", codec<LikesChange>("LikesChange"), likes) }),
    TagsDefinition: service("Tags", {
      add: unary("Add", tag, tags),
      remove: unary("Remove", tag, tags),
      get: unary("Get", key, tags),
    }),
    DocumentDefinition: service("Document", {
      save: unary("Save", revision, revision),
      get: unary("Get", key, revision),
    }),
    StockDefinition: service("Stock", {
      change: unary("Change", change, stock),
      discontinue: unary("Discontinue", change, stock),
      get: unary("Get", key, stock),
    }),
    SettingsDefinition: service("Settings", {
      set: unary("Set", set, settings),
      unset: unary("Unset", set, settings),
      get: unary("Get", key, settings),
    }),
    RoomsDefinition: service("Rooms", {
      enter: unary("Enter", visit, visitors),
      leave: unary("Leave", visit, visitors),
      close: unary("Close", visit, visitors),
    }),
    BoardDefinition: service("Board", {
      vote: unary("Vote", post, state),
      label: unary("Label", post, state),
      delete: unary("Delete", post, state),
    }),
    ReadinessDefinition: service("Readiness", {
      report: unary("Report", codec<ReadyReport>("ReadyReport"), verdict),
      get: unary("Get", key, verdict),
    }),
  };
};

export type Generated = Awaited<ReturnType<typeof generateReplicated>>;
