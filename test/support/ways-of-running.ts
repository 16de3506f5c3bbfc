import { randomUUID } from "node:crypto";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { openMongoStores } from "../../runtime/adapters/mongodb/stores.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import type { Ports } from "../../runtime/ports.ts";
import { prefixBus } from "./prefixed-bus.ts";
import { recordingLog } from "./recording-log.ts";
import { useSharedEngines } from "./shared-engines.ts";

/** Opens ports that nothing has been written to yet. */
export type OpenPorts = () => Promise<Ports>;

/** Describes the same behaviour on the embedded store and on real Kafka and MongoDB. */
export const describeOnBothWays = (name: string, cases: (open: OpenPorts) => void): void => {
  describe(`${name}, embedded`, () => {
    cases(async () => openSqlitePorts({ folder: ":memory:" }));
  });
  describe(`${name}, on the mesh's engines`, function () {
    // Topics and groups are made for each case, on a machine that may have other things to do.
    this.timeout(60_000);
    const engines = useSharedEngines();
    cases(async () => {
      const id = randomUUID().slice(0, 8);
      const log = recordingLog();
      const bus = await createKafkaBus({ brokers: engines().brokers, clientId: id, log });
      const stores = await openMongoStores({ url: engines().mongodb, database: `test_${id}`, log });
      const { entities, views } = stores;
      return { bus: prefixBus(bus, id), entities, views, close: () => bus.close().finally(stores.close) };
    });
  });
};
