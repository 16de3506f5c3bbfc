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
  "service.eventing": "eventing for a whole service",
  "codegen.workflow": "a workflow",
  "method.eventing.in.direct": "another service as a source (direct)",
  "method.view.json_schema": "views of JSON (json_schema)",
  "method.jwt": "checking tokens (jwt)",
  "method.acl": "access control (acl)",
  "method.entity": "a generated key (key_generator)",
  "method.workflow": "a generated key (key_generator)",
};
