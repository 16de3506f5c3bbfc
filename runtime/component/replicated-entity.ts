import type { ReplicatedKind } from "../contract/model.ts";
import { counterData } from "../replicated/data/counter-data.ts";
import { counterMapData } from "../replicated/data/counter-map-data.ts";
import type { ReplicatedData } from "../replicated/data/data-type.ts";
import type { Tree } from "../replicated/data/dots.ts";
import type { Writer } from "../replicated/data/edit.ts";
import type { ElementOf, ElementType } from "../replicated/data/element.ts";
import { type DataTypes, type MapData, mapData } from "../replicated/data/map-data.ts";
import { multiMapData } from "../replicated/data/multi-map-data.ts";
import { registerData } from "../replicated/data/register-data.ts";
import { registerMapData } from "../replicated/data/register-map-data.ts";
import { setData } from "../replicated/data/set-data.ts";
import { type VoteData, type Voters, voteData } from "../replicated/data/vote-data.ts";
import { type ServiceDefinition, untyped } from "./definition.ts";
import type { EntityHandlers, UntypedEntityHandler } from "./value-entity.ts";

export type ReplicatedEntity<
  D extends ServiceDefinition = ServiceDefinition,
  V extends ReplicatedData = ReplicatedData,
> = {
  readonly kind: "replicated_entity";
  readonly data: ReplicatedKind;
  readonly definition: D;
  /** What the data is made of, by the option that declares it. */
  readonly types: Readonly<Record<string, ElementType>>;
  readonly open: (tree: Tree, writer: Writer, voters: Voters) => V;
  readonly handlers: Readonly<Record<string, UntypedEntityHandler>>;
};

type Keyed<K extends ElementType> = { readonly key: K };
type KeyedValues<K extends ElementType, V extends ElementType> = { readonly key: K; readonly value: V };

const entity = <D extends ServiceDefinition, V extends ReplicatedData>(
  data: ReplicatedKind,
  definition: D,
  types: Readonly<Record<string, ElementType>>,
  open: (tree: Tree, writer: Writer, voters: Voters) => V,
  handlers: EntityHandlers<D, V>,
): ReplicatedEntity<D, V> => ({
  kind: "replicated_entity",
  data,
  definition,
  types,
  open,
  handlers: untyped(handlers),
});

/** A number that every replica adds to and takes from. Handlers answer `updateState(counter.increment(…))`. */
export const replicatedCounter = <D extends ServiceDefinition>(
  definition: D,
  handlers: EntityHandlers<D, ReturnType<typeof counterData>>,
): ReplicatedEntity<D, ReturnType<typeof counterData>> =>
  entity("replicated_counter", definition, {}, counterData, handlers);

/**
 * A register whose writes tell by what clock they are compared: `register.set(value, clock)`. Where the last write is
 * to win, and each is to be made from the one before, `replicatedRegister` is the one to take.
 */
export const replicatedClockRegister = <D extends ServiceDefinition, V extends ElementType>(
  definition: D,
  types: { readonly value: V },
  handlers: EntityHandlers<D, ReturnType<ReturnType<typeof registerData<V>>>>,
): ReplicatedEntity<D, ReturnType<ReturnType<typeof registerData<V>>>> =>
  entity("replicated_register", definition, types, registerData(types.value), handlers);

/** Elements that are added and removed; of both at once, the addition stands. */
export const replicatedSet = <D extends ServiceDefinition, E extends ElementType>(
  definition: D,
  types: { readonly element: E },
  handlers: EntityHandlers<D, ReturnType<ReturnType<typeof setData<E>>>>,
): ReplicatedEntity<D, ReturnType<ReturnType<typeof setData<E>>>> =>
  entity("replicated_set", definition, types, setData(types.element), handlers);

/** Replicated data of several types by key; `data` names the types. */
export const replicatedMap = <D extends ServiceDefinition, K extends ElementType, T extends DataTypes>(
  definition: D,
  { key, data }: Keyed<K> & { readonly data: T },
  handlers: EntityHandlers<D, MapData<ElementOf<K>, T>>,
): ReplicatedEntity<D, MapData<ElementOf<K>, T>> =>
  entity("replicated_map", definition, { key }, mapData(key, data), handlers);

/** A counter a key. */
export const replicatedCounterMap = <D extends ServiceDefinition, K extends ElementType>(
  definition: D,
  types: Keyed<K>,
  handlers: EntityHandlers<D, ReturnType<ReturnType<typeof counterMapData<K>>>>,
): ReplicatedEntity<D, ReturnType<ReturnType<typeof counterMapData<K>>>> =>
  entity("replicated_counter_map", definition, types, counterMapData(types.key), handlers);

/** A register a key; its writes may tell by what clock they are compared. */
export const replicatedRegisterMap = <D extends ServiceDefinition, K extends ElementType, V extends ElementType>(
  definition: D,
  types: KeyedValues<K, V>,
  handlers: EntityHandlers<D, ReturnType<ReturnType<typeof registerMapData<K, V>>>>,
): ReplicatedEntity<D, ReturnType<ReturnType<typeof registerMapData<K, V>>>> =>
  entity("replicated_register_map", definition, types, registerMapData(types.key, types.value), handlers);

/** A set of values a key. */
export const replicatedMultiMap = <D extends ServiceDefinition, K extends ElementType, V extends ElementType>(
  definition: D,
  types: KeyedValues<K, V>,
  handlers: EntityHandlers<D, ReturnType<ReturnType<typeof multiMapData<K, V>>>>,
): ReplicatedEntity<D, ReturnType<ReturnType<typeof multiMapData<K, V>>>> =>
  entity("replicated_multi_map", definition, types, multiMapData(types.key, types.value), handlers);

/** One vote of each replica of the service. */
export const replicatedVote = <D extends ServiceDefinition>(
  definition: D,
  handlers: EntityHandlers<D, VoteData>,
): ReplicatedEntity<D, VoteData> => entity("replicated_vote", definition, {}, voteData, handlers);
