/** An entity with two commands, and a view of it. */
export const countersProto = (scope: string): string => `syntax = "proto3";

package ${scope}.v1;

import "akkaserverless/annotations.proto";
import "google/api/annotations.proto";

option (akkaserverless.file).value_entity = {
  name: "Counter"
  entity_type: "counters"
  state: "CounterState"
};

message CounterState {
  string counter_id = 1 [(akkaserverless.field).entity_key = true];
  int32 value = 2;
}

message IncreaseRequest {
  string counter_id = 1 [(akkaserverless.field).entity_key = true];
  int32 by = 2;
}

message GetCounterRequest {
  string counter_id = 1 [(akkaserverless.field).entity_key = true];
}

message AtLeastRequest {
  int32 value = 1;
}

service Counters {
  option (akkaserverless.service) = {
    type: SERVICE_TYPE_ENTITY
    component: "${scope}.v1.Counter"
  };

  rpc Increase(IncreaseRequest) returns (CounterState) {
    option (google.api.http) = {
      post: "/counters/{counter_id}:increase"
      body: "*"
    };
  }

  rpc GetCounter(GetCounterRequest) returns (CounterState) {
    option (google.api.http) = {get: "/counters/{counter_id}"};
  }
}

service HighCounters {
  rpc UpdateCounter(CounterState) returns (CounterState) {
    option (akkaserverless.method).eventing.in = {value_entity: "counters"};
    option (akkaserverless.method).view.update = {table: "counters"};
  }

  rpc AtLeast(AtLeastRequest) returns (stream CounterState) {
    option (google.api.http) = {get: "/counters/at-least/{value}"};
    option (akkaserverless.method).view.query = {query: "SELECT * FROM counters WHERE value >= :value"};
  }
}
`;
