import type { Mistake } from "./mistake.ts";
import type { Location } from "./model.ts";

/** Every code of a mistake in the contract, with its meaning. docs/annotations.md lists the same. */
export const mistakeTable = {
  PROTO_INVALID: "A proto file does not compile; the sentence is the compiler's.",
  IMPORT_MISSING: "A proto file imports a file that is not in the folder.",
  ANNOTATIONS_MIXED: "One file imports the annotations of `akkaserverless`, another those of `kalix`.",
  DESCRIPTORS_UNREADABLE: "The file is no descriptor set, or a file that another one imports is not in it.",
  NOT_SUPPORTED_YET: "An option or a combination of options that Rollcall does not implement yet.",
  SERVICE_WITHOUT_TYPE: "A service has annotations, but nothing says whether it is an action, an entity or a view.",
  SERVICE_TYPE_CONFLICT: "`type` and `codegen` of one service name different kinds of component.",
  HANDLER_TWICE: "Two methods of a service would have one handler name.",
  COMPONENT_MISSING: "An entity service does not say which entity it belongs to.",
  COMPONENT_UNKNOWN: "`component` names no declared entity.",
  COMPONENT_MISPLACED: "`component` on a service that is no entity, or beside `codegen`.",
  COMPONENT_SHARED: "Two services belong to one entity.",
  ENTITY_NAME_MISSING: "An entity is declared without `name`.",
  ENTITY_TYPE_MISSING: "An entity is declared without `entity_type`.",
  ENTITY_TYPE_INVALID: "An `entity_type` has characters that cannot stand in a topic's name.",
  ENTITY_STATE_MISSING:
    "An entity is declared without `state`, or a replicated one without its data or the types in it.",
  ELEMENT_WITH_MAP: "A key or element of replicated data is a message with a map in it.",
  ENTITY_EVENTS_MISSING: "An event-sourced entity declares no `events`.",
  ENTITY_EVENT_TWICE: "Two events of an entity have one name, apart from their packages.",
  ENTITY_NAME_TWICE: "Two entities have one full name.",
  ENTITY_TYPE_TWICE: "Two entities have one `entity_type`.",
  TYPE_UNKNOWN: "A type name in an entity declaration resolves to no message.",
  ENTITY_KEY_MISSING: "The input of an entity method has no key field.",
  ENTITY_KEYS_DIFFER: "The inputs of an entity's methods do not form keys of one shape.",
  KEY_GENERATED_TWICE: "A method has a `key_generator`, and its input has key fields.",
  KEY_GENERATOR_MISPLACED: "A `key_generator` on a method that is not one of an entity.",
  ENTITY_METHOD_STREAMS: "An entity method streams.",
  ENTITY_WITH_EVENTING: "An entity method has eventing options.",
  KEY_FIELD_TYPE: "A key field is neither a single string nor a single integer.",
  EVENT_SOURCE_MISSING: "`eventing.in` names no source, or `eventing` is empty.",
  EVENT_DESTINATION_MISSING: "`eventing.out` names no destination.",
  EVENT_SOURCE_STREAMED: "A method with `eventing.in` takes a stream, and what it is called with is one message.",
  CONSUMER_GROUP_WITHOUT_SOURCE: "`consumer_group` without a source.",
  CONSUMER_TYPE_TWICE: "Two methods of one consumer take the same messages of the same source.",
  SOURCE_MISMATCH:
    "A source names an entity of another kind, or the method takes another message than its state or events.",
  EVENT_UNHANDLED: "A consumer of an event-sourced entity leaves out one of its events.",
  DELETES_MISPLACED: "`handle_deletes` on a method that takes no `google.protobuf.Empty`.",
  IGNORE_WITH_MORE: "`ignore` on a method that updates a view or publishes.",
  TOPIC_EMPTY: "A topic's name is empty.",
  TOPIC_INVALID: "A topic's name has characters or a length that Kafka refuses.",
  TOPIC_VARIABLE_UNSET:
    "A topic's name has a variable that the environment does not set. Told by a start, not by a check.",
  TOPIC_LOOP: "A method publishes to the topic it consumes.",
  VIEW_OPTIONS_MISPLACED: "`view` options on a method of an action or an entity.",
  VIEW_METHOD_BARE: "A method of a view is neither an update nor a query.",
  VIEW_WITHOUT_QUERY: "A view has no query.",
  VIEW_WITHOUT_UPDATE: "A view has no update, so its rows would come from nowhere.",
  UPDATE_WITHOUT_TABLE: "A view's update names no table.",
  UPDATE_WITHOUT_SOURCE: "A view's update has no `eventing.in`.",
  UPDATE_STREAMS: "A view's update streams.",
  UPDATE_PUBLISHES: "A view's update has `eventing.out`.",
  UPDATE_WITH_HTTP: "A view's update has an HTTP rule.",
  UPDATE_TYPES_DIFFER: "Two updates of one table have different output types.",
  UPDATE_WITHOUT_TRANSFORM: "Without `transform_updates`, an update's input and output differ.",
  QUERY_EMPTY: "The text of a query is empty.",
  QUERY_STREAMS_IN: "A query takes a stream of requests.",
  QUERY_WITH_EVENTING: "A query has eventing options.",
  HTTP_PATH_INVALID: "An HTTP rule has no path, or one that is no path template.",
  HTTP_VERB_INVALID: "An HTTP rule has a verb of its own that no client sends, such as one in small letters.",
  HTTP_PATH_VARIABLE:
    "A variable in an HTTP path names no field that can stand in a path, or one that stands there already.",
  HTTP_BODY_FIELD: "`body` or `response_body` of an HTTP rule names no field.",
  HTTP_BODY_ON_GET: "An HTTP rule for GET has a `body`.",
  HTTP_BINDINGS_NESTED: "An additional binding of an HTTP rule has additional bindings.",
  HTTP_TWICE: "Two methods have one HTTP verb and path.",
} as const satisfies Record<string, string>;

export type MistakeCode = keyof typeof mistakeTable;

/** A mistake of the contract; what it is about, then what to do. */
export const mistake = (code: MistakeCode, location: Location, text: string, remedy: string): Mistake => ({
  code,
  location,
  text,
  remedy,
});
