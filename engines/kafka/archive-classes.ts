import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { installOnce } from "../install-once.ts";
import { archiveFolder, archiveName } from "./class-archive.ts";
import { startKafka } from "./start.ts";

/**
 * Makes the archive of Kafka's classes, once, by a broker that is started for it and ended. A distribution of your own
 * stays as it is, without one, and so does Kafka where Java cannot make any: it is slower to start, nothing else.
 */
export const archiveClasses = async (home: string): Promise<void> => {
  if (process.env.KAFKA_HOME) return;
  await installOnce(archiveFolder(home), async (contents, scratch) => {
    const archiveTo = join(scratch, archiveName);
    const kafka = await startKafka({ home, dataDir: join(scratch, "data"), port: 0, isBrief: true, archiveTo });
    await kafka.close();
    if (existsSync(archiveTo)) await rename(archiveTo, join(contents, archiveName));
  });
};
