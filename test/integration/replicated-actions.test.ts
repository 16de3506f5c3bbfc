import { expect } from "chai";
import { ClientError, createClient } from "nice-grpc";
import { encodeMessage } from "../../runtime/codec.ts";
import { MeshError } from "../../runtime/errors.ts";
import {
  type Application,
  action,
  type Component,
  replicatedClockRegister,
  replicatedCounter,
  replicatedRegister,
  replicatedSet,
  reply,
  updateState,
} from "../../runtime/index.ts";
import { Status } from "../../runtime/status.ts";
import { replicatedApplication } from "../replicated/entities.ts";
import { type Generated, generateReplicated } from "../replicated/generated.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

let generated: Generated;
before(async () => {
  generated = await generateReplicated();
});

const withActions = (): Application => {
  const { LikesActionsDefinition, LikesDefinition } = generated;
  const whole = replicatedApplication(generated);
  const actions = action(LikesActionsDefinition, { likes: LikesDefinition }, ({ likes }) => ({
    async likeTwice(change) {
      await likes.like(change);
      return reply(await likes.like(change));
    },
    take: async (change) => reply(await likes.like(change)),
  }));
  return { ...whole, components: [...whole.components, actions] };
};

describeOnBothWays("an action on replicated entities", (openPorts) => {
  let bench: TestBench;
  const key = { id: "k" };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const send = async (by: bigint): Promise<void> => {
    const value = encodeMessage(generated.LikesChange, { ...key, by });
    const headers = { ce_type: "replicated.LikesChange" };
    await bench.ports.bus.publish([{ topic: "like-commands", key: "k", value, headers }]);
  };

  it("changes one of them several times in one unit, and from a topic", async () => {
    const { port } = await bench.serve(withActions());
    const channel = await connectTo(`127.0.0.1:${port}`);
    const likes = createClient(generated.LikesDefinition, channel);
    const actions = createClient(generated.LikesActionsDefinition, channel);
    expect(await actions.likeTwice({ ...key, by: 5n })).to.include({ value: 10n });
    await send(3n);
    await eventually(async () => expect(await likes.get(key)).to.include({ value: 13n }));
  });

  it("does not publish beside the change, which is its one write", async () => {
    const { LikesToldDefinition, LikesDefinition } = generated;
    const told = action(LikesToldDefinition, { likes: LikesDefinition }, ({ likes }) => ({
      take: async (change) => reply(await likes.like(change)),
    }));
    const whole = replicatedApplication(generated);
    const { port } = await bench.serve({ ...whole, components: [...whole.components, told] });
    const likes = createClient(LikesDefinition, await connectTo(`127.0.0.1:${port}`));
    await send(3n);
    const codes = (): unknown[] =>
      bench.log.lines.map(({ fields }) => "error" in fields && fields.error instanceof MeshError && fields.error.code);
    await eventually(() => expect(codes()).to.include("OUTPUT_MISMATCH"));
    expect(await likes.get(key)).to.include({ value: 0n });
  });
});

describe("a replicated entity", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = openTestBench();
  });
  afterEach(() => bench.close());

  const refusalOf = async (component: Component): Promise<unknown> =>
    bench.serve({ name: "refused", descriptors: generated.descriptors, components: [component] }).then(
      () => undefined,
      (error: unknown) => error,
    );

  it("is refused at start when code and contract declare different things", async () => {
    const { TagsDefinition, DocumentDefinition, Revision } = generated;
    const handlers = {
      add: () => reply({ tags: [] }),
      remove: () => reply({ tags: [] }),
      get: () => reply({ tags: [] }),
    };
    const saving = { save: () => reply(Revision.fromPartial({})), get: () => reply(Revision.fromPartial({})) };
    for (const component of [
      replicatedSet(TagsDefinition, { element: Revision }, handlers),
      replicatedSet(TagsDefinition, { element: "bytes" }, handlers),
      replicatedCounter(TagsDefinition, handlers),
      replicatedRegister(TagsDefinition, { value: Revision }, handlers),
      replicatedClockRegister(DocumentDefinition, { value: "string" }, saving),
    ]) {
      const error = await refusalOf(component);
      expect(error).to.be.instanceOf(MeshError).with.property("code", "INVALID_CONTRACT");
    }
  });

  it("takes no more than a record of the log does, and nothing but what its handler was given", async () => {
    const { TagsDefinition, descriptors } = generated;
    const components = [
      replicatedSet(
        TagsDefinition,
        { element: "string" },
        {
          add: ({ tag }, set) => updateState(set.add(tag.repeat(1000))).thenReply((next) => ({ tags: [...next] })),
          remove: (_, set) =>
            updateState<typeof set>({ ...set, tree: undefined as never }).thenReply(() => ({ tags: [] })),
          get: (_, set) => reply({ tags: [...set] }),
        },
      ),
    ];
    const { port } = await bench.serve({ name: "large", descriptors, components });
    const tags = createClient(TagsDefinition, await connectTo(`127.0.0.1:${port}`));
    await tags.add({ id: "k", tag: "a" });
    const large = await tags.add({ id: "k", tag: "b".repeat(1000) }).catch((error: unknown) => error);
    expect(large).to.be.instanceOf(ClientError).with.property("code", Status.RESOURCE_EXHAUSTED);
    const odd = await tags.remove({ id: "k", tag: "a" }).catch((error: unknown) => error);
    expect(odd).to.be.instanceOf(ClientError).with.property("code", Status.INTERNAL);
    expect((await tags.get({ id: "k" })).tags).to.deep.equal(["a".repeat(1000)]);
  });
});
