import { setTimeout as delay } from "node:timers/promises";
import { QuotaFailure } from "../../gen/google/rpc/error_details.ts";
import { action } from "../../runtime/component/action.ts";
import type { EntityContext } from "../../runtime/component/context.ts";
import { deleteState, error, forward, ignore, reply, updateState } from "../../runtime/component/effects.ts";
import { deleteEntity, emitEvents } from "../../runtime/component/emit.ts";
import { errorDetail } from "../../runtime/component/error-details.ts";
import { eventSourcedEntity } from "../../runtime/component/event-sourced-entity.ts";
import { sideEffect } from "../../runtime/component/side-effect.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { view } from "../../runtime/component/view.ts";
import { Status } from "../../runtime/status.ts";
import type { Definitions, Generated, Line, Order, Shelf } from "./generated.ts";

/** What the handlers of one application were seen to do, and how they are held up. */
export type Seen = {
  changed: string[];
  audited: string[];
  gone: string[];
  events: object[];
  ended: string[];
  /** Calls of `get` and `close`. */
  calls: { key: string; deadline: number | undefined; name: string | undefined; event: string | undefined }[];
  /** A call of `write` waits for it. */
  gate: Promise<unknown>;
};

export const nothingSeen = (): Seen => ({
  changed: [],
  audited: [],
  gone: [],
  events: [],
  ended: [],
  calls: [],
  gate: Promise.resolve(),
});

const noted = (seen: Seen, context: EntityContext): void => {
  const { key, deadline, cloudEvent } = context;
  seen.calls.push({ key, deadline, name: context.header("x-name"), event: cloudEvent?.type });
};

const ordersEntity = ({ orders, entries }: Definitions, { codecs }: Generated, seen: Seen) =>
  valueEntity(orders, {
    state: codecs.Order,
    create: ({ note, lines }, state, { key }) =>
      updateState<Order>({ order_id: key, note, lines, changes: state.changes + 1 }).thenReply((next) => next),
    put: (order, state) =>
      updateState<Order>({ ...order, changes: state.changes + 1 }).thenReply(
        (next) => next,
        (next) => ({ headers: { "x-changes": String(next.changes) } }),
      ),
    async get(_, state, context) {
      noted(seen, context);
      if (state.note === "wait") {
        await delay(60_000, undefined, { signal: context.signal }).catch(() => seen.ended.push("get"));
      }
      if (state.order_id === "") return error(Status.NOT_FOUND, `there is no order ${context.key}`);
      return reply(state, { headers: { "x-order": state.order_id }, trailers: { "x-shelf": "top" } });
    },
    cancel: () => deleteState().thenReply(() => ({})),
    close(_, state, context) {
      noted(seen, context);
      const closed = { ...state, order_id: context.key, note: "closed", changes: state.changes + 1 };
      return updateState<Order>(closed).thenForward((next) =>
        forward(entries, "write", { entry_id: next.order_id, texts: [`closed after ${next.changes}`] }),
      );
    },
    refuse({ note }) {
      const [, status] = /^status (\d+)$/.exec(note) ?? [];
      const wanted = Object.values(Status).find((each) => each === Number(status));
      if (wanted !== undefined && wanted !== Status.OK) return error(wanted, "as asked for");
      return error(Status.RESOURCE_EXHAUSTED, `no more of ${note}`, {
        fields: [{ field: "note", description: "is used up" }],
        details: [
          errorDetail(
            "google.rpc.QuotaFailure",
            QuotaFailure,
            QuotaFailure.fromPartial({ violations: [{ subject: note }] }),
          ),
        ],
        retryAfterMs: 1500,
      });
    },
  });

const entriesEntity = ({ entries }: Definitions, { codecs }: Generated, seen: Seen) =>
  valueEntity(entries, {
    state: codecs.Entry,
    async write({ entry_id, texts }, state) {
      await seen.gate;
      if (texts.includes("refuse")) return error(Status.FAILED_PRECONDITION, "not this entry");
      return updateState({ entry_id, texts: [...state.texts, ...texts] }).thenReply(
        (next) => next,
        () => ({ headers: { "x-written": texts.join(" ") } }),
      );
    },
    read: (_, state) => reply(state),
  });

const shelvesEntity = ({ shelves, entries }: Definitions, { codecs }: Generated) =>
  eventSourcedEntity(shelves, {
    state: codecs.Shelf,
    events: { Added: codecs.Added },
    add: ({ shelf_id, count }, { count: before }) =>
      emitEvents({ Added: { item: shelf_id, count } }).thenReply(
        (shelf: Shelf) => shelf,
        (shelf) => ({
          headers: { "x-count": String(shelf.count) },
          sideEffects: [
            sideEffect(
              entries,
              "write",
              { entry_id: shelf_id, texts: [`${before} to ${shelf.count}`] },
              { synchronous: true },
            ),
          ],
        }),
      ),
    clear: ({ shelf_id }) =>
      deleteEntity().thenForward(() => forward(entries, "write", { entry_id: shelf_id, texts: ["cleared"] })),
    onAdded: (shelf, { item, count }) => ({ shelf_id: item, count: shelf.count + count }),
  });

const total = (lines: readonly Line[]): number => lines.reduce((sum, { count }) => sum + count, 0);

const deskAction = ({ desk, orders, entries, list }: Definitions, seen: Seen) =>
  action(desk, { orders }, (components, context) => ({
    open: async (order) => reply(await components.orders.create(order)),
    look: (id) => forward(orders, "get", id),
    close: (id) => forward(orders, "close", id),
    refuse: (order) => forward(orders, "refuse", order),
    find: (wanted) => forward(list, "byNote", wanted),
    callClose: async (id) => reply(await components.orders.close(id)),
    async place(order) {
      const placed = await components.orders.put(order);
      const write = (text: string, synchronous: boolean) =>
        sideEffect(entries, "write", { entry_id: order.order_id, texts: [text] }, { synchronous });
      if (order.note === "fail") return error(Status.FAILED_PRECONDITION, "not placed", []);
      const texts = order.note.split(" ");
      return reply(placed, {
        sideEffects: texts.map((text) => write(text.replace("wait:", ""), text.startsWith("wait:"))),
      });
    },
    tell: (order) =>
      reply(
        { ...order, note: `${context.header("x-name")} ${context.headers["x-name"]} ${context.header("x-raw-bin")}` },
        { headers: { "x-told": "yes", "x-raw-bin": "AQI=" }, trailers: { "x-cost": "3" } },
      ),
    async *lines({ lines, note }) {
      try {
        for (const line of lines) yield line;
        if (note === "throw") throw new Error("the inside of the desk");
        if (note === "error")
          yield error(Status.DATA_LOSS, "a line is missing", [{ field: "lines", description: "few" }]);
        if (note === "wait") await delay(60_000, undefined, { signal: context.signal });
        yield reply({ item: "all", count: total(lines) }, { trailers: { "x-lines": String(lines.length) } });
      } finally {
        seen.ended.push(`lines ${note}`);
      }
    },
    async total(lines) {
      const all: Line[] = [];
      try {
        for await (const line of lines) {
          if (line.count < 0) return error(Status.OUT_OF_RANGE, `${line.item} is below nothing`);
          all.push(line);
        }
        return reply({ item: "total", count: total(all) });
      } finally {
        seen.ended.push("total");
      }
    },
    async *exchange(lines) {
      try {
        for await (const line of lines) {
          if (line.item === "error") yield error(Status.ABORTED, "no more");
          const order = await components.orders.put({ order_id: line.item, note: "", lines: [line], changes: 0 });
          yield { item: line.item, count: order.changes };
        }
      } finally {
        seen.ended.push("exchange");
      }
    },
  }));

const intakeAction = ({ intake, orders }: Definitions, seen: Seen) =>
  action(intake, { orders }, (components, context) => ({
    async *split(order) {
      seen.events.push({ ...context.cloudEvent });
      await components.orders.put(order);
      for (const line of order.lines) {
        if (line.count === 0) yield ignore();
        else if (line.count < 0) yield error(Status.INVALID_ARGUMENT, `${line.item} is below nothing`);
        else yield reply(line, { headers: { ce_subject: line.item, "x-order": order.order_id, "x.$of.": "ä" } });
      }
    },
    import: async (order) => reply(await components.orders.create(order)),
    closeLater: (id) => forward(orders, "close", id),
  }));

const counterAction = ({ counter }: Definitions) =>
  action(counter, {}, () => ({
    note: (line) => reply(line, { headers: { ce_subject: line.item, "content-type": "application/json" } }),
    async *sold(lines) {
      for await (const line of lines) yield line;
    },
  }));

const changesAction = ({ changes }: Definitions, seen: Seen) =>
  action(changes, {}, (_, context) => ({
    changed({ order_id, changes: count }) {
      seen.changed.push(`${order_id} ${count}`);
      return reply({});
    },
    audited({ order_id, changes: count }) {
      seen.audited.push(`${order_id} ${count}`);
      return reply({});
    },
    async *moved({ item, count }) {
      for (let i = 1; i <= count; i++) yield { item, count: i };
    },
    gone() {
      seen.gone.push(context.cloudEvent?.subject ?? "");
      return reply({});
    },
  }));

/** The components of the shop by their names. */
export const componentsOf = (definitions: Definitions, generated: Generated, seen: Seen) => ({
  orders: ordersEntity(definitions, generated, seen),
  entries: entriesEntity(definitions, generated, seen),
  shelves: shelvesEntity(definitions, generated),
  list: view(definitions.list),
  desk: deskAction(definitions, seen),
  intake: intakeAction(definitions, seen),
  counter: counterAction(definitions),
  changes: changesAction(definitions, seen),
});
