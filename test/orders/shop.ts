import { type Channel, createClient } from "nice-grpc";
import { encodeMessage, type MessageFns } from "../../runtime/codec.ts";
import type { EventBus, Ports } from "../../runtime/ports.ts";
import { connectTo } from "../support/channel.ts";
import type { ServeSettings, TestBench } from "../support/served.ts";
import { componentsOf, nothingSeen, type Seen } from "./components.ts";
import { type Definitions, definitionsOf, type Generated } from "./generated.ts";

export const environment = { STAGE: "dev" };

type Name = keyof ReturnType<typeof componentsOf>;

const clientsOf = ({ orders, entries, shelves, desk, counter }: Definitions, channel: Channel) => ({
  orders: createClient(orders, channel),
  entries: createClient(entries, channel),
  shelves: createClient(shelves, channel),
  desk: createClient(desk, channel),
  counter: createClient(counter, channel),
});

export type Shop = ReturnType<typeof clientsOf> & {
  readonly seen: Seen;
  readonly address: string;
  close(): Promise<void>;
};

/** Serves components of the shop, all of them unless some are named, in an application of its own. */
export const openShop = async (
  bench: TestBench,
  generated: Generated,
  names?: readonly Name[],
  settings: ServeSettings = {},
  ports?: Ports,
): Promise<Shop> => {
  const definitions = definitionsOf(generated);
  const seen = nothingSeen();
  const components = componentsOf(definitions, generated, seen);
  const chosen = names === undefined ? Object.values(components) : names.map((name) => components[name]);
  const application = { name: "shop", descriptors: generated.descriptors, components: chosen };
  const served = await bench.serve(application, { environment, ...settings }, ports);
  const address = `127.0.0.1:${served.port}`;
  return { ...clientsOf(definitions, await connectTo(address)), seen, address, close: served.close };
};

/** Publishes a message as a foreign producer would. */
export const publishTo = <T extends object>(
  bus: EventBus,
  topic: string,
  [name, type]: readonly [string, MessageFns<T>],
  message: T,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> =>
  bus.publish([
    {
      topic,
      key,
      value: encodeMessage(type, message),
      headers: { ce_type: `orders.${name}`, "content-type": "application/protobuf", ...headers },
    },
  ]);
