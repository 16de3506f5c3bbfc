import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { Kafka, logLevel } from "kafkajs";
import { createClient } from "nice-grpc";
import * as updates from "../../examples/customer-registry/customer-updates.ts";
import { CustomerEventsDefinition } from "../../examples/customer-registry/gen/customers/events.ts";
import { CustomerByNameViewFromTopicDefinition } from "../../examples/customer-registry/gen/customers/from_topic.ts";
import { JournaledRegistryDefinition } from "../../examples/customer-registry/gen/customers/journal.ts";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { createSqliteBus } from "../../runtime/adapters/sqlite/bus.ts";
import { createCompaction } from "../../runtime/adapters/sqlite/compaction.ts";
import { openDatabase } from "../../runtime/adapters/sqlite/database.ts";
import { createLogTable } from "../../runtime/adapters/sqlite/log-table.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import { view } from "../../runtime/component/view.ts";
import type { EventBus, Ports } from "../../runtime/ports.ts";
import type { Served } from "../../runtime/serve.ts";
import { customer, customerRegistry } from "../customers/registry.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { all } from "../support/known.ts";
import { recordingLog } from "../support/recording-log.ts";
import { openTestBench, type TestBench } from "../support/served.ts";

const topic = "customers";
const day = 24 * 3_600_000;

/** A log, and how its topic loses what stands in it. */
type Truncatable = { readonly bus: EventBus; truncate(): Promise<void>; close(): Promise<void> };

describe("a view whose topic was truncated", function () {
  this.timeout(90_000);
  const describeIt = (where: string, open: () => Promise<Truncatable>): void => {
    describe(where, () => {
      let bench: TestBench;
      let log: Truncatable;
      beforeEach(async () => {
        log = await open();
        const { entities, views, close } = openSqlitePorts({ folder: ":memory:" });
        const ports: Ports = { bus: log.bus, entities, views, close: () => log.close().finally(close) };
        bench = openTestBench(ports);
      });
      afterEach(() => bench.close());

      const serveRevision = (revision: number): Promise<Served> => {
        const { components, ...application } = customerRegistry([
          JournaledRegistryDefinition,
          CustomerEventsDefinition,
        ]);
        const fromTopic = view(CustomerByNameViewFromTopicDefinition, { revision, updates });
        return bench.serve({ ...application, components: [...components, fromTopic] });
      };
      const clientsOf = async ({ port }: Served) => {
        const channel = await connectTo(`127.0.0.1:${port}`);
        const rows = createClient(CustomerByNameViewFromTopicDefinition, channel);
        const ids = async (): Promise<string[]> =>
          (await all(rows.getCustomers({ customer_name: "Ann" }))).map(({ customer_id }) => customer_id);
        return { registry: createClient(JournaledRegistryDefinition, channel), ids };
      };

      it("is not made anew, and lives on as it is", async () => {
        const first = await serveRevision(0);
        const { registry, ids } = await clientsOf(first);
        await registry.create(customer("a", "Ann"));
        await eventually(async () => expect(await ids()).to.deep.equal(["a"]), 30_000);
        await first.close();
        await log.truncate();

        const refused = String(await serveRevision(1).catch((error: unknown) => error));
        expect(refused).to.contain("VIEW_NOT_REBUILDABLE").and.to.contain(`"${topic}"`).and.to.contain("two steps");
        const again = await clientsOf(await serveRevision(0));
        await again.registry.create(customer("b", "Ann"));
        await eventually(async () => expect((await again.ids()).sort()).to.deep.equal(["a", "b"]), 30_000);
      });

      it("answers as a first version at once when nothing is left to read", async () => {
        await log.bus.ensureTopics([{ name: topic, policy: { deleteAfterMs: 7 * day } }]);
        const headers = { "ce-type": "none" };
        await log.bus.publish([{ topic, key: "k", value: new Uint8Array(), headers }]);
        await log.truncate();
        const { ids } = await clientsOf(await serveRevision(0));
        await eventually(async () => expect(await ids()).to.deep.equal([]));
      });
    });
  };

  describeIt("embedded", async () => {
    const { db, close } = openDatabase({ folder: ":memory:" });
    const bus = createSqliteBus(db);
    return {
      bus,
      truncate: () => createCompaction(db, createLogTable(db, Date.now)).run(Date.now() + 8 * day),
      close: () => bus.close().finally(close),
    };
  });

  describe("on Kafka", () => {
    const kafka = useKafka();
    describeIt("", async () => {
      const brokers = [...kafka().addresses];
      const bus = await createKafkaBus({ brokers, clientId: randomUUID(), log: recordingLog() });
      const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      return {
        bus,
        async truncate() {
          const ends = await admin.fetchTopicOffsets(topic);
          const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
          await admin.deleteTopicRecords({ topic, partitions });
        },
        async close() {
          await bus.close();
          await admin.deleteTopics({ topics: [topic] });
          await admin.disconnect();
        },
      };
    });
  });
});
