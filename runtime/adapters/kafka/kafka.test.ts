import { describeEventBus } from "../../../test/contract/event-bus.ts";
import { useKafka } from "../../../test/support/kafka.ts";
import { recordingLog } from "../../../test/support/recording-log.ts";
import { createKafkaBus } from "./bus.ts";

describe("Kafka", () => {
  const kafka = useKafka();

  describeEventBus("Kafka", async () => {
    const bus = await createKafkaBus({ brokers: kafka().addresses, clientId: "contract", log: recordingLog() });
    return { bus, close: () => bus.close() };
  });
});
