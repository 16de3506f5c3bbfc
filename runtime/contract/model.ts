import type { DescMessage, DescMethod, DescService, Registry } from "@bufbuild/protobuf";

/** A place in a proto file; line and column count from 1. */
export type Location = { readonly file: string; readonly line: number; readonly column: number };

export type ComponentKind = "action" | "entity" | "view";
export type CallShape = "unary" | "client_streaming" | "server_streaming" | "bidi_streaming";

/** Where a method's messages come from. */
export type EventSource = {
  readonly kind: "topic" | "value_entity" | "event_sourced_entity";
  /** The topic's name, or the entity's `entity_type`. */
  readonly name: string;
  /** Full group name: `<package>.<Service>` or `<package>.<Service>.<consumer_group>`. */
  readonly group: string;
};

export type HttpRule = {
  readonly verb: string;
  readonly path: string;
  readonly body: string;
  /** The one field of the response that is answered. */
  readonly responseBody?: string | undefined;
};

export type ViewUpdate = { readonly table: string; readonly transform: boolean };
export type ViewQuery = {
  readonly text: string;
  readonly transform: boolean;
  readonly streamUpdates: boolean;
  readonly location: Location;
};

export type MethodModel = {
  /** As in the proto file, for example `HeartbeatEvent`. */
  readonly name: string;
  /** The handler's name, for example `heartbeatEvent`. */
  readonly handler: string;
  /** gRPC path, for example `/presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent`. */
  readonly path: string;
  readonly shape: CallShape;
  readonly input: DescMessage;
  readonly output: DescMessage;
  /** Names of the key fields of the input, in declaration order. */
  readonly keyFields: readonly string[];
  /** The key is a new UUID at each call. */
  readonly generatesKey: boolean;
  readonly http: readonly HttpRule[];
  readonly source: EventSource | undefined;
  /** Messages of the input type are taken and dropped; with `google.protobuf.Any`, those of all other types. */
  readonly ignores: boolean;
  /** Messages of types that no method takes are dropped, in the whole consumer. */
  readonly ignoresUnknown: boolean;
  /** Called when the source entity is deleted. */
  readonly handlesDeletes: boolean;
  /** The topic that replies are published to. */
  readonly destination: string | undefined;
  readonly update: ViewUpdate | undefined;
  readonly query: ViewQuery | undefined;
  /** Callable over gRPC: not only a topic's mouth or ear, nor a view's update. */
  readonly isExposed: boolean;
  readonly location: Location;
  readonly desc: DescMethod;
};

export type ServiceModel = {
  readonly fullName: string;
  readonly kind: ComponentKind;
  /** Full name of the entity an entity service belongs to. */
  readonly component: string | undefined;
  readonly methods: readonly MethodModel[];
  readonly location: Location;
  readonly desc: DescService;
};

/** The data of a replicated entity, as its option names it. */
export type ReplicatedKind =
  | "replicated_counter"
  | "replicated_register"
  | "replicated_set"
  | "replicated_map"
  | "replicated_counter_map"
  | "replicated_register_map"
  | "replicated_multi_map"
  | "replicated_vote";

export type EntityModel = {
  /** Package of the declaring file, a dot, and the entity's name. */
  readonly fullName: string;
  readonly kind: "value_entity" | "event_sourced_entity" | ReplicatedKind;
  readonly entityType: string;
  /** The message that is stored, or that a register holds; replicated data of other kinds, or of scalars, has none. */
  readonly state: DescMessage | undefined;
  /** Of replicated data: the types it is made of, by option; `undefined` is a message. */
  readonly scalars: Readonly<Record<string, string | undefined>>;
  /** Of an event-sourced entity. */
  readonly events: readonly DescMessage[];
  readonly location: Location;
};

/** What a descriptor set declares, checked. */
export type Model = {
  readonly services: ReadonlyMap<string, ServiceModel>;
  readonly entities: ReadonlyMap<string, EntityModel>;
  readonly registry: Registry;
  readonly keyFieldsOf: KeyFieldsOf;
};

/** Names of the fields of a message that are marked `entity_key`, in declaration order. */
export type KeyFieldsOf = (message: DescMessage) => readonly string[];
