// state-svc or view-svc on Kafka and MongoDB, as its main serves it; the argument says which.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../engines/project-root.ts";
import type { Application } from "../../runtime/component/application.ts";
import { readConfig } from "../../runtime/config.ts";
import { createLog } from "../../runtime/log.ts";
import { openPorts } from "../../runtime/open-ports.ts";
import type { Ports } from "../../runtime/ports.ts";
import { serve } from "../../runtime/serve.ts";
import { keepYoung } from "../../runtime/young-heap.ts";
import { stateService } from "../../state-svc/service.ts";
import { viewService } from "../../view-svc/service.ts";
import { serveLoop } from "./loop.ts";
import type { Meter } from "./meter.ts";

const descriptors = readFileSync(join(projectRoot(), "gen", "descriptors.binpb"));
/** The row is about devices: users are left to a service of their own. */
const devicesOnly = (service: Application): Application => ({ ...service, components: service.components.slice(0, 2) });

const application = process.argv[2] === "state" ? devicesOnly(stateService(descriptors)) : viewService(descriptors);
const log = createLog("warn");

/** Counts records of `users` that are durable, and rows that are. */
const metered = ({ bus, views, ...ports }: Ports, meter: Meter): Ports => ({
  ...ports,
  bus: {
    ...bus,
    async publish(records) {
      await bus.publish(records);
      meter.add(records.length);
    },
  },
  views: {
    ...views,
    async write(table, writes) {
      await views.write(table, writes);
      meter.add(writes.length);
    },
  },
});

keepYoung();
serveLoop(async ({ kafka, mongodb, database, coalesceMs }, meter) => {
  const config = readConfig({
    ROLLCALL_KAFKA: kafka,
    ROLLCALL_MONGODB: mongodb,
    ROLLCALL_MONGODB_DATABASE: database,
    ROLLCALL_COALESCE_MS: String(coalesceMs),
  });
  const ports = await openPorts(config, log, application.name);
  const served = await serve(application, { ...config, ports: metered(ports, meter), port: 0, log });
  return () => served.close().finally(ports.close);
});
