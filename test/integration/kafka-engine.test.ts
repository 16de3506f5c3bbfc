import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { installKafka } from "../../engines/kafka/install.ts";
import { prepareKafka } from "../../engines/kafka/prepare.ts";
import { bootstrapName, classArchiveOf } from "../../engines/kafka/prepared.ts";
import { answers } from "../../engines/kafka/probe.ts";
import { brokerFolder, type KafkaOptions, type RunningKafka, startKafka } from "../../engines/kafka/start.ts";
import { gone, isAlive, startFailureOf } from "../support/process-end.ts";
import { programOf } from "../support/program.ts";

describe("startKafka", function () {
  this.timeout(60_000);
  let folder = "";
  let home = "";
  let dataDir = "";
  let parent: ChildProcess | undefined;
  const running: RunningKafka[] = [];

  const start = async (options: Partial<KafkaOptions> = {}): Promise<RunningKafka> => {
    const kafka = await startKafka({ home, dataDir, port: 0, isBrief: true, ...options });
    running.push(kafka);
    return kafka;
  };

  before(async function () {
    this.timeout(180_000);
    home = await installKafka();
    folder = await mkdtemp(join(tmpdir(), "rollcall-kafka-"));
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(folder, "data-"));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((kafka) => kafka.close()));
    parent?.kill("SIGKILL");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("answers when it resolves and not after close, and keeps its port on the same folder", async () => {
    const { brokers, close } = await start();
    const port = brokers[0]?.port ?? 0;
    expect(await answers(port)).to.equal(true);
    await close();
    expect(await answers(port)).to.equal(false);
    await close();
    const again = await start();
    expect(again.addresses).to.deep.equal([`127.0.0.1:${port}`]);
  });

  it("is started from an archive of its classes, but for a distribution of your own", async function () {
    this.timeout(240_000);
    await prepareKafka(home);
    const archive = classArchiveOf(home);
    expect(archive === undefined).to.equal(Boolean(process.env.KAFKA_HOME));
    const { brokers } = await start();
    const mapped = await readFile(`/proc/${brokers[0]?.pid}/maps`, "utf8");
    if (archive !== undefined) expect(mapped).to.contain(archive);
  });

  it("begins as Kafka's own tool has it begin", async () => {
    const folders = ["prepared", "formatted"].map((name) => join(dataDir, name));
    // Nothing is prepared for the second home: the tool formats.
    const homes = [home, join(dataDir, "kafka-unprepared")];
    await symlink(home, homes[1] as string);
    const begun = await Promise.all(
      homes.map(async (each, i) => {
        const kafka = await start({ home: each, dataDir: folders[i] as string });
        await kafka.close();
        const folder = brokerFolder(folders[i] as string, 1);
        const meta = await readFile(join(folder, "meta.properties"), "utf8");
        const lines = meta.split("\n").filter((line) => !/^#|^directory\.id=/.test(line));
        // The rest of the file are times and checksums.
        const features = (await readFile(join(folder, bootstrapName), "latin1")).match(/[a-z.]+\.version\0./gs);
        return { lines: lines.sort(), features };
      }),
    );
    expect(begun[0]).to.deep.equal(begun[1]);
    expect(begun[0]?.features).to.contain("group.version\0\u0001");
  });

  it("names the port when it is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const error = await startFailureOf(start({ port }));
      expect(error.code).to.equal("PORT_IN_USE");
      expect(error.message).to.contain(String(port));
    } finally {
      other.close();
    }
  });

  it("shows the end of the log when Kafka refuses to start", async () => {
    await start().then(({ close }) => close());
    const error = await startFailureOf(start({ settings: { "num.io.threads": "none" } }));
    expect(error.code).to.equal("START_FAILED");
    expect(error.message).to.contain("num.io.threads");
  });

  it("tells when a broker ends by itself", async () => {
    const told = new Promise<string>((resolve, reject) => {
      start({ log: resolve }).then(({ brokers }) => process.kill(brokers[0]?.pid ?? 0, "SIGKILL"), reject);
    });
    expect(await told).to.match(/broker 1 ended \(SIGKILL\)/);
  });

  it("ends Kafka when its own process is killed", async () => {
    const args = [...programOf("test/support/kafka-parent.ts"), dataDir];
    parent = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    if (parent.stdout === null) throw new Error("the output is a pipe");
    const [line] = await once(parent.stdout.setEncoding("utf8"), "data");
    const { pid } = JSON.parse(line) as { pid: number };
    expect(isAlive(pid)).to.equal(true);
    parent.kill("SIGKILL");
    await gone(pid);
  });
});
