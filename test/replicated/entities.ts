import {
  type Application,
  counterData,
  deleteState,
  replicatedClockRegister,
  replicatedCounter,
  replicatedCounterMap,
  replicatedMap,
  replicatedMultiMap,
  replicatedRegisterMap,
  replicatedSet,
  replicatedVote,
  reply,
  setData,
  updateState,
} from "../../runtime/index.ts";
import type { Generated } from "./generated.ts";

/** One entity of each kind; docs/replicated-entities.md shows them. */
export const replicatedEntities = (generated: Generated) => {
  const { LikesDefinition, TagsDefinition, DocumentDefinition, StockDefinition } = generated;
  const { SettingsDefinition, RoomsDefinition, BoardDefinition, ReadinessDefinition } = generated;
  const { Revision, Setting, Guest } = generated;

  const likes = replicatedCounter(LikesDefinition, {
    like: ({ by }, counter) => updateState(counter.increment(by)).thenReply(({ value }) => ({ value })),
    get: (_, { value }) => reply({ value }),
    remove: () => deleteState().thenReply(() => ({})),
  });

  const tags = replicatedSet(
    TagsDefinition,
    { element: "string" },
    {
      add: ({ tag }, set) => updateState(set.add(tag)).thenReply((next) => ({ tags: [...next] })),
      remove: ({ tag }, set) => updateState(set.remove(tag)).thenReply((next) => ({ tags: [...next] })),
      get: (_, set) => reply({ tags: [...set] }),
    },
  );

  const document = replicatedClockRegister(
    DocumentDefinition,
    { value: Revision },
    {
      save: (revision, register) =>
        updateState(register.set(revision, { custom: revision.number })).thenReply(({ value }) => value ?? revision),
      get: ({ id }, { value }) => reply(value ?? Revision.fromPartial({ id })),
    },
  );

  const stock = replicatedCounterMap(
    StockDefinition,
    { key: "string" },
    {
      change: ({ article, by }, counters) =>
        updateState(counters.increment(article, by)).thenReply((next) => ({ pieces: Object.fromEntries(next) })),
      discontinue: ({ article }, counters) =>
        updateState(counters.remove(article)).thenReply((next) => ({ pieces: Object.fromEntries(next) })),
      get: (_, counters) => reply({ pieces: Object.fromEntries(counters) }),
    },
  );

  const settings = replicatedRegisterMap(
    SettingsDefinition,
    { key: "string", value: Setting },
    {
      set: ({ name, setting }, map) =>
        updateState(map.set(name, setting ?? { value: "", set_by: "" })).thenReply((next) => ({
          settings: Object.fromEntries(next),
        })),
      unset: ({ name }, map) =>
        updateState(map.remove(name)).thenReply((next) => ({ settings: Object.fromEntries(next) })),
      get: (_, map) => reply({ settings: Object.fromEntries(map) }),
    },
  );

  const rooms = replicatedMultiMap(
    RoomsDefinition,
    { key: "string", value: Guest },
    {
      enter: ({ room, guest = { name: "somebody" } }, guests) =>
        updateState(guests.put(room, guest)).thenReply((next) => ({
          rooms: [...next.keys()],
          guests: [...next.get(room)],
        })),
      leave: ({ room, guest = { name: "somebody" } }, guests) =>
        updateState(guests.remove(room, guest)).thenReply((next) => ({
          rooms: [...next.keys()],
          guests: [...next.get(room)],
        })),
      close: ({ room }, guests) =>
        updateState(guests.removeAll(room)).thenReply((next) => ({ rooms: [...next.keys()], guests: [] })),
    },
  );

  const board = replicatedMap(
    BoardDefinition,
    { key: "string", data: { votes: counterData, labels: setData("string") } },
    {
      vote: ({ title }, posts) =>
        updateState(posts.update("votes", title, (votes) => votes.increment())).thenReply((next) => ({
          votes: next.get("votes", title).value,
          labels: [...next.get("labels", title)],
          titles: [...next.keys("votes")],
        })),
      label: ({ title, label }, posts) =>
        updateState(posts.update("labels", title, (labels) => labels.add(label))).thenReply((next) => ({
          votes: next.get("votes", title).value,
          labels: [...next.get("labels", title)],
          titles: [...next.keys("votes")],
        })),
      delete: ({ title }, posts) =>
        updateState(posts.remove("votes", title).remove("labels", title)).thenReply((next) => ({
          votes: 0n,
          labels: [],
          titles: [...next.keys("votes")],
        })),
    },
  );

  const readiness = replicatedVote(ReadinessDefinition, {
    report: ({ is_ready }, vote) =>
      updateState(vote.vote(is_ready)).thenReply((next) => ({
        ready: next.votesFor,
        replicas: next.totalVoters,
        all: next.isAll,
      })),
    get: (_, vote) => reply({ ready: vote.votesFor, replicas: vote.totalVoters, all: vote.isAll }),
  });

  return { likes, tags, document, stock, settings, rooms, board, readiness };
};

export const replicatedApplication = (generated: Generated): Application => ({
  name: "replicated",
  descriptors: generated.descriptors,
  components: Object.values(replicatedEntities(generated)),
});
