// For those who write a service.
export { type Action, action } from "./component/action.ts";
export { type ApartClient, apart, type Outcome } from "./component/apart.ts";
export type { Application, Component } from "./component/application.ts";
export type { CloudEvent } from "./component/cloud-event.ts";
export type { CallContext, EntityContext } from "./component/context.ts";
export { deleteState, error, forward, ignore, reply, updateState } from "./component/effects.ts";
export { deleteEntity, type Emit, type EventOf, emitEvents } from "./component/emit.ts";
export { errorDetail } from "./component/error-details.ts";
export { type EventSourcedEntity, eventSourcedEntity } from "./component/event-sourced-entity.ts";
export { type AnyMessage, packJson, unpackJson } from "./component/json.ts";
export {
  type ReplicatedEntity,
  replicatedClockRegister,
  replicatedCounter,
  replicatedCounterMap,
  replicatedMap,
  replicatedMultiMap,
  replicatedRegisterMap,
  replicatedSet,
  replicatedVote,
} from "./component/replicated-entity.ts";
export { type ReplicatedRegister, replicatedRegister } from "./component/replicated-register.ts";
export { type SideEffect, sideEffect } from "./component/side-effect.ts";
export { type ValueEntity, valueEntity } from "./component/value-entity.ts";
export { type View, view } from "./component/view.ts";
// For those who embed the runtime in something of their own.
export { type Config, readConfig } from "./config.ts";
export { keyParts } from "./entity/key.ts";
export { MeshError } from "./errors.ts";
export { createLog, type Log } from "./log.ts";
export { openPorts } from "./open-ports.ts";
export type { Ports } from "./ports.ts";
export { type CounterData, counterData } from "./replicated/data/counter-data.ts";
export { type CounterMapData, counterMapData } from "./replicated/data/counter-map-data.ts";
export { type MapData, mapData } from "./replicated/data/map-data.ts";
export { type MultiMapData, multiMapData } from "./replicated/data/multi-map-data.ts";
export { type RegisterData, registerData } from "./replicated/data/register-data.ts";
export { type RegisterMapData, registerMapData } from "./replicated/data/register-map-data.ts";
export { type SetData, setData } from "./replicated/data/set-data.ts";
export type { VoteData } from "./replicated/data/vote-data.ts";
export { runService } from "./run-service.ts";
export { type Served, type ServeOptions, serve } from "./serve.ts";
export { Status } from "./status.ts";
