import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where `prepareKafka` leaves what it makes of a distribution. */
export const preparedFolder = (home: string): string => `${home}-prepared`;
export const archiveName = "classes.jsa";
export const bootstrapName = "bootstrap.checkpoint";

const preparedOf = (home: string, name: string): string | undefined => {
  const file = join(preparedFolder(home), name);
  return existsSync(file) ? file : undefined;
};

/**
 * Java's archive of Kafka's classes as it has them once they are loaded: a broker that maps it has a third less to do
 * until it answers. Java passes over one that another Java, or other jars, made. `undefined` where there is none.
 */
export const classArchiveOf = (home: string): string | undefined => preparedOf(home, archiveName);

/**
 * The features that a new cluster begins with, as Kafka's own tool writes them into each folder it formats; they are
 * the same in every one. `undefined` where nothing was prepared.
 */
export const bootstrapOf = (home: string): string | undefined => preparedOf(home, bootstrapName);
