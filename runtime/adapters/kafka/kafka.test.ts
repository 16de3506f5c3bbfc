import { describeEventBus } from "../../../test/contract/event-bus.ts";
import { recordingLog } from "../../../test/support/recording-log.ts";
import { useSharedEngines } from "../../../test/support/shared-engines.ts";
import { createKafkaBus } from "./bus.ts";

describe("Kafka", () => {
  const engines = useSharedEngines();

  describeEventBus("Kafka", async () => {
    const bus = await createKafkaBus({ brokers: engines().brokers, clientId: "contract", log: recordingLog() });
    return { bus, close: () => bus.close() };
  });
});
