/**
 * Options that the runtime does not implement, and how a mistake names them. Whoever implements one
 * deletes its line; options that stand below one that is listed are listed with it.
 */
export const notSupportedYet: Readonly<Record<string, string>> = {
  "file.acl": "access control (acl)",
  "message.jwt": "checking tokens (jwt)",
  "field.jwt": "checking tokens (jwt)",
  "field.workflow_key": "a workflow",
  "service.acl": "access control (acl)",
  "service.eventing.in.direct": "another service as a source (direct)",
  "service.eventing.in.ignore": "ignoring all messages of a service",
  "service.eventing.in.handle_deletes": "handling deletions by all methods of a service",
  "service.eventing.out": "a stream for other services (direct)",
  "codegen.workflow": "a workflow",
  "method.eventing.in.direct": "another service as a source (direct)",
  "method.view.json_schema": "views of JSON (json_schema)",
  "method.jwt": "checking tokens (jwt)",
  "method.acl": "access control (acl)",
  "method.workflow": "a generated key (key_generator)",
};
