import type { Message } from "../../runtime/codec.ts";
import type { MessageType } from "../../runtime/ports.ts";
import { type CompiledQuery, compileQuery } from "../../runtime/view/compile-query.ts";
import { deriveIndexes } from "../../runtime/view/indexes.ts";
import type { Column } from "../../runtime/view/plan.ts";
import type { Outcome } from "../../runtime/view/problem.ts";
import type { ViewTable, ViewWrite } from "../../runtime/view/store.ts";
import { loadViewProtos, type ViewProtos } from "./load.ts";

/** What tests of queries over customers work with. */
export type Customers = ViewProtos & {
  readonly customer: MessageType;
  readonly request: MessageType;
  readonly type: (name: string) => MessageType;
  /** Checks and plans a query over table "customers"; the response is the row unless another is named. */
  readonly compile: (text: string, response?: string, isStreamed?: boolean) => Outcome<CompiledQuery>;
  /** The same for a query that is known to be right. */
  readonly query: (text: string, response?: string, isStreamed?: boolean) => CompiledQuery;
  /** The same with stream_updates. */
  readonly compileLive: (text: string, response?: string, isStreamed?: boolean) => Outcome<CompiledQuery>;
  /** A table with a name of its own that serves these queries. */
  readonly table: (...queries: readonly CompiledQuery[]) => ViewTable;
  readonly put: (key: string, row: object, at?: number) => ViewWrite;
};

let tables = 0;

export const loadCustomers = async (): Promise<Customers> => {
  const protos = await loadViewProtos();
  const type = (name: string): MessageType => protos.typeOf(protos.message(`test.views.${name}`));
  const customer = type("Customer");
  const compilerOf =
    (isLive: boolean): Customers["compile"] =>
    (text, response = "Customer", isStreamed = true) =>
      compileQuery(text, {
        tables: new Map([["customers", customer.schema]]),
        request: protos.message("test.views.Request"),
        response: protos.message(`test.views.${response}`),
        isStreamed,
        isLive,
      });
  const compile = compilerOf(false);
  return {
    ...protos,
    customer,
    request: type("Request"),
    type,
    compile,
    compileLive: compilerOf(true),
    query(text, response, isStreamed) {
      const outcome = compile(text, response, isStreamed);
      if (outcome.kind === "ok") return outcome.value;
      throw new Error(outcome.problems.map((problem) => problem.text).join("; "));
    },
    table(...queries) {
      const plans = queries.map(({ plan }) => plan);
      const columns = new Map<string, Column>(plans.flatMap((plan) => plan.columns).map((each) => [each.path, each]));
      tables += 1;
      return {
        id: `Test_customers_${process.pid}_${tables}`,
        row: customer,
        columns: [...columns.values()],
        indexes: deriveIndexes(plans),
      };
    },
    put: (key, row, at = 1) => ({
      key,
      source: "customers",
      position: { scale: "sequence", at: String(at).padStart(20, "0") },
      row: customer.fromPartial({ ...row, customer_id: key }) as Message,
    }),
  };
};
