import { errorTable } from "./errors.ts";
import { statusName } from "./status.ts";

/** docs/errors.md, as it should be. */
export const errorsPage = (): string =>
  [
    "# Errors",
    "",
    "Generated from `runtime/errors.ts`. Every failed call carries a `google.rpc.Status`; its `ErrorInfo` has the code",
    "of this table as `reason` and the domain `rollcall`. `BadRequest` names the field at fault, `RetryInfo` says how",
    "long to wait. Mistakes in protos and queries have codes of their own: see [annotations](annotations.md) and",
    "[the query language](query-language.md).",
    "",
    "| code | gRPC status | meaning |",
    "| --- | --- | --- |",
    ...Object.entries(errorTable).map(
      ([code, [status, meaning]]) => `| \`${code}\` | ${statusName(status)} | ${meaning} |`,
    ),
    "",
  ].join("\n");
