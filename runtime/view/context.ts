import type { DescMessage } from "@bufbuild/protobuf";
import type { MethodModel, ServiceModel } from "../contract/model.ts";
import type { QueryContext } from "./checker.ts";

/** Row messages of a view by table: what its update methods return. */
export const tablesOf = (service: ServiceModel): ReadonlyMap<string, DescMessage> =>
  new Map(
    service.methods.flatMap(({ update, output }) => (update === undefined ? [] : [[update.table, output] as const])),
  );

/** The messages that a query of a view stands between. */
export const contextOf = (service: ServiceModel, method: MethodModel): QueryContext => ({
  tables: tablesOf(service),
  request: method.input,
  response: method.output,
  isStreamed: method.shape === "server_streaming",
  isLive: method.query?.streamUpdates === true,
});
