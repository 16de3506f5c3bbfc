import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where the archive of a distribution is made. */
export const archiveFolder = (home: string): string => `${home}-classes`;
export const archiveName = "classes.jsa";

/**
 * Java's archive of Kafka's classes as it has them once they are loaded, where `archiveClasses` has made one: a broker
 * that maps it has a third less to do until it answers. Java passes over one that another Java, or other jars, made.
 */
export const classArchiveOf = (home: string): string | undefined => {
  const file = join(archiveFolder(home), archiveName);
  return existsSync(file) ? file : undefined;
};
