// A process of its own that starts Kafka in the folder given and then waits to be killed.
import { installKafka } from "../../engines/kafka/install.ts";
import { startKafka } from "../../engines/kafka/start.ts";

const [, , dataDir = ""] = process.argv;
const kafka = await startKafka({ home: await installKafka(), dataDir, port: 0 });
process.stdout.write(`${JSON.stringify({ pid: kafka.brokers[0]?.pid, port: kafka.brokers[0]?.port })}\n`);
