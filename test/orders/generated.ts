import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { MessageFns } from "../../runtime/codec.ts";
import { generateProtos, loadGenerated } from "../support/generate-protos.ts";

// The messages of orders.proto, as ts-proto gives them; the code is generated when the tests run.
export type Line = { item: string; count: number };
export type Order = { order_id: string; note: string; lines: Line[]; changes: number };
export type OrderId = { order_id: string };
export type NewOrder = { note: string; lines: Line[] };
export type Entry = { entry_id: string; texts: string[] };
export type Shelf = { shelf_id: string; count: number };
export type Added = { item: string; count: number };
export type Empty = Record<never, never>;

type Codecs = {
  readonly Line: MessageFns<Line>;
  readonly Order: MessageFns<Order>;
  readonly OrderId: MessageFns<OrderId>;
  readonly NewOrder: MessageFns<NewOrder>;
  readonly Entry: MessageFns<Entry>;
  readonly Shelf: MessageFns<Shelf>;
  readonly Added: MessageFns<Added>;
  readonly Empty: MessageFns<Empty>;
};

export type Generated = { readonly descriptors: Uint8Array; readonly codecs: Codecs };

export const generateOrders = async (): Promise<Generated> => {
  const text = readFileSync("test/orders/orders.proto", "utf8");
  const folder = await generateProtos("orders", new Map([["orders/orders.proto", text]]));
  const codecs = {
    ...(await loadGenerated(`${folder}/orders/orders.ts`)),
    ...(await loadGenerated(`${folder}/google/protobuf/empty.ts`)),
  };
  return { descriptors: await readFile(`${folder}/descriptors.binpb`), codecs: codecs as Codecs };
};

/** A method of a definition, as the generator writes it. */
const method =
  <RS extends boolean, PS extends boolean>(requestStream: RS, responseStream: PS) =>
  <I extends object, O extends object>(name: string, requestType: MessageFns<I>, responseType: MessageFns<O>) => ({
    name,
    requestType,
    responseType,
    requestStream,
    responseStream,
    options: {},
  });
const unary = method(false, false);
const streamedIn = method(true, false);
const streamedOut = method(false, true);
const bothWays = method(true, true);

/** The definitions of the services, as the generator writes them. */
export const definitionsOf = ({
  codecs: { Line, Order, OrderId, NewOrder, Entry, Shelf, Added, Empty },
}: Generated) => {
  const service = <M>(name: string, methods: M) => ({ name, fullName: `orders.${name}`, methods });
  return {
    orders: service("Orders", {
      create: unary("Create", NewOrder, Order),
      put: unary("Put", Order, Order),
      get: unary("Get", OrderId, Order),
      cancel: unary("Cancel", OrderId, Empty),
      close: unary("Close", OrderId, Entry),
      refuse: unary("Refuse", Order, Order),
    }),
    entries: service("Entries", { write: unary("Write", Entry, Entry), read: unary("Read", Entry, Entry) }),
    shelves: service("Shelves", { add: unary("Add", Shelf, Shelf), clear: unary("Clear", Shelf, Entry) }),
    list: service("OrderList", { update: unary("Update", Order, Order), byNote: unary("ByNote", NewOrder, Order) }),
    desk: service("Desk", {
      open: unary("Open", NewOrder, Order),
      look: unary("Look", OrderId, Order),
      close: unary("Close", OrderId, Entry),
      find: unary("Find", NewOrder, Order),
      callClose: unary("CallClose", OrderId, Entry),
      place: unary("Place", Order, Order),
      tell: unary("Tell", Order, Order),
      refuse: unary("Refuse", Order, Order),
      lines: streamedOut("Lines", Order, Line),
      total: streamedIn("Total", Line, Line),
      exchange: bothWays("Exchange", Line, Line),
    }),
    intake: service("Intake", {
      split: streamedOut("Split", Order, Line),
      import: unary("Import", NewOrder, Order),
      closeLater: unary("CloseLater", OrderId, Entry),
    }),
    counter: service("Counter", { note: unary("Note", Line, Line), sold: bothWays("Sold", Line, Line) }),
    changes: service("Changes", {
      changed: unary("Changed", Order, Empty),
      audited: unary("Audited", Order, Empty),
      moved: streamedOut("Moved", Added, Line),
      gone: unary("Gone", Empty, Empty),
    }),
  };
};

export type Definitions = ReturnType<typeof definitionsOf>;
