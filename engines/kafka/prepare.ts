import { existsSync } from "node:fs";
import { copyFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { installOnce } from "../install-once.ts";
import { archiveName, bootstrapName, preparedFolder } from "./prepared.ts";
import { brokerFolder, startKafka } from "./start.ts";

/**
 * Makes, once, what every start of Kafka would make again, by a broker that is started for it and ended: the archive of
 * its classes and the features of a new cluster. A distribution of your own stays as it is, without them, and Kafka is
 * without the archive where Java cannot make any: it is slower to start, nothing else.
 */
export const prepareKafka = async (home: string): Promise<void> => {
  if (process.env.KAFKA_HOME) return;
  await installOnce(preparedFolder(home), async (contents, scratch) => {
    const archiveTo = join(scratch, archiveName);
    const dataDir = join(scratch, "data");
    const kafka = await startKafka({ home, dataDir, port: 0, isBrief: true, archiveTo });
    await kafka.close();
    await copyFile(join(brokerFolder(dataDir, 1), bootstrapName), join(contents, bootstrapName));
    if (existsSync(archiveTo)) await rename(archiveTo, join(contents, archiveName));
  });
};
