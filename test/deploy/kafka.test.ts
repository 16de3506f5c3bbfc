import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type EngineProcess, startProcess } from "../../engines/child.ts";
import { installKafka } from "../../engines/kafka/install.ts";
import { findJava } from "../../engines/kafka/java.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { runTool } from "../support/run-tool.ts";
import { named, useManifests } from "./manifests.ts";

describe("The pod of Kafka", function () {
  this.timeout(180_000);
  const manifests = useManifests();
  let folder = "";
  let broker: EngineProcess | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-kafka-pod-"));
  });
  after(async () => {
    await broker?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The pod's variables, on ports and in a folder of this machine. */
  const environment = async (): Promise<Readonly<Record<string, string>>> => {
    const { containers } = named("kafka", manifests.of("StatefulSet")).spec.template.spec;
    const given = Object.fromEntries((containers[0]?.env ?? []).map(({ name, value }) => [name, value ?? ""]));
    expect(given.KAFKA_LOG_DIRS).to.match(/^\/var\/lib\/kafka\/data\/\w+$/);
    const [port, controllerPort] = [await freePort(), await freePort()];
    const moved = Object.entries(given).map(([name, value]): [string, string] => [
      name,
      value.replace("//:9092", `//127.0.0.1:${port}`).replace("127.0.0.1:9093", `127.0.0.1:${controllerPort}`),
    ]);
    return { ...Object.fromEntries(moved), KAFKA_LOG_DIRS: join(folder, "data") };
  };

  it("has variables that the image's own program makes a broker of", async () => {
    const java = await findJava();
    const quick = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
    const classes = [...quick, "-cp", join(await installKafka(), "libs", "*")];
    const [defaults, mounted, config] = ["defaults", "mounted", "config"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    // All of them empty, as in the pod, but for the image's defaults, which the variables replace.
    for (const path of [defaults, mounted, config]) await mkdir(path);

    const folders = [
      "--default-configs-dir",
      defaults,
      "--mounted-configs-dir",
      mounted,
      "--final-configs-dir",
      config,
    ];
    const variables = Object.entries(await environment()).map(([name, value]) => `${name}=${value}`);
    const wrapper = [java, ...classes, "kafka.docker.KafkaDockerWrapper", "setup", ...folders];
    const setup = await runTool("env", [...variables, ...wrapper]);
    expect(setup.code, setup.out + setup.err).to.equal(0);

    const logging = named(loggingName(), manifests.of("ConfigMap")).data?.["log4j2.properties"] ?? "";
    await writeFile(join(folder, "log4j2.properties"), logging);
    const logFile = join(folder, "kafka.log");
    const options = ["-Xmx512m", `-Dlog4j2.configurationFile=${join(folder, "log4j2.properties")}`];
    const start = [java, ...options, ...classes, "kafka.Kafka", join(config, "server.properties")];
    broker = await startProcess(start, { logFile, pidFile: join(folder, "kafka.pid") });
    await eventually(async () => {
      expect(await readFile(logFile, "utf8")).to.contain("Kafka Server started");
    }, 60_000);
  });

  const loggingName = (): string => {
    const { volumes } = named("kafka", manifests.of("StatefulSet")).spec.template.spec;
    return volumes.flatMap(({ configMap }) => configMap?.name ?? [])[0] ?? "";
  };
});
