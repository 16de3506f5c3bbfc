import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

/** The Kafka this project is tested with. */
export const kafkaVersion = "4.2.0";

/** SHA-256 over the lines `<SHA-256 of the jar>  <its name>`, in the order of the names. */
const expectedJars = "fe4e2404d5b30bc289983b5cb194912b8f3f0385d71250b7af5307af3da0038d";

const log4jVersion = "2.25.3";
const copyDependencies = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

const remedies = {
  missing: "Install Maven, or set KAFKA_HOME to a Kafka distribution of your own.",
  failed: "Try again when Maven's repository can be reached, or set KAFKA_HOME to a Kafka distribution of your own.",
};

// Kafka names no logging implementation as a dependency, and says nothing at all without one.
const artifacts = [
  ["org.apache.kafka", "kafka_2.13", kafkaVersion],
  ["org.apache.kafka", "kafka-tools", kafkaVersion],
  ["org.apache.logging.log4j", "log4j-core", log4jVersion],
  ["org.apache.logging.log4j", "log4j-slf4j-impl", log4jVersion],
] as const;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rollcall</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
${artifacts
  .map(
    ([group, artifact, version]) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  .join("\n")}
  </dependencies>
</project>
`;

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

const checkJars = async (libs: string): Promise<void> => {
  const names = (await readdir(libs)).sort();
  const lines = await Promise.all(names.map(async (name) => `${sha256(await readFile(join(libs, name)))}  ${name}\n`));
  const actual = sha256(lines.join(""));
  if (actual !== expectedJars) {
    throw new EngineError(
      "CHECKSUM_MISMATCH",
      `Kafka's ${names.length} jars have the SHA-256 ${actual}, not ${expectedJars}; they are not used. ${remedies.failed}`,
    );
  }
};

export type InstallOptions = {
  /** Where engines are kept; `.engines` of the project when left out. */
  readonly folder?: string;
  readonly maven?: string;
  /** An own distribution, used as it is; the variable KAFKA_HOME when left out. */
  readonly override?: string | undefined;
};

/**
 * The folder whose `libs` has Kafka's jars; fetches them with Maven the first time. Concurrent and interrupted installs
 * leave nothing broken. Throws EngineError when there is no way to fetch them.
 */
export const installKafka = async (options: InstallOptions = {}): Promise<string> => {
  const { folder = join(projectRoot(), ".engines"), maven = "mvn", override = process.env.KAFKA_HOME } = options;
  if (override) {
    if (existsSync(join(override, "libs"))) return override;
    throw new EngineError("NO_BINARY", `KAFKA_HOME is ${override}, which has no folder libs; correct or unset it.`);
  }
  const target = join(folder, `kafka-${kafkaVersion}`);
  await installOnce(target, async (contents, scratch) => {
    const pomFile = join(scratch, "pom.xml");
    const libs = join(contents, "libs");
    await writeFile(pomFile, pom);
    const goal = [copyDependencies, "-DincludeScope=runtime", `-DoutputDirectory=${libs}`];
    await runTool(maven, ["--batch-mode", "--quiet", "--file", pomFile, ...goal], remedies);
    await checkJars(libs);
  });
  return target;
};
