import { readFileSync } from "node:fs";
import { expect } from "chai";
import { installGrpcurl } from "../../engines/grpcurl/install.ts";
import { codeBlocks, commandsIn, type ShownCommand } from "../../test/support/code-blocks.ts";
import { eventually } from "../../test/support/eventually.ts";
import { useKafka } from "../../test/support/kafka.ts";
import { useMongod } from "../../test/support/mongodb.ts";
import {
  type Environment,
  type ServiceProcess,
  startService,
  useDataFolder,
} from "../../test/support/rollcall-process.ts";
import { runTool } from "../../test/support/run-tool.ts";

const folder = "examples/customer-registry";
const page = readFileSync(`${folder}/README.md`, "utf8");
const shown = codeBlocks(page).flatMap(({ text }) => commandsIn(text));

// What differs from one way of running to the other.
const withoutWay = (text: string): string => text.trim().replace(/, through .*/, "");

const describePage = (name: string, environmentOf: () => Environment): void => {
  describe(`the customer registry, ${name}`, function () {
    this.timeout(120_000);
    const data = useDataFolder();
    let running: ServiceProcess;
    let environment: Environment;
    let grpcurl = "";

    before(async () => {
      environment = { ROLLCALL_DATA: data(), ...environmentOf() };
      grpcurl = await installGrpcurl();
      running = await startService(folder, environment);
    });
    after(() => running.end("SIGKILL"));

    const variables = (): readonly string[] => Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    const outputOf = async ({ command }: ShownCommand): Promise<string> => {
      const here = command
        .replaceAll("localhost:8080", `localhost:${running.rest}`)
        .replace(/^grpcurl/, grpcurl)
        .replace(/^curl/, "curl -sS");
      const { out, err } = await runTool("/usr/bin/env", [...variables(), "bash", "-c", here]);
      return out === "" ? err : out;
    };

    it("answers every call of its page as the page says, by REST and by gRPC", async () => {
      expect(shown).to.have.length.greaterThan(20);
      for (const each of shown) {
        // Views follow; what changes something is sent once.
        const isRead = !/ -X | publish /.test(each.command);
        const matches = async () =>
          expect(withoutWay(await outputOf(each)), each.command).to.equal(withoutWay(each.output));
        await (isRead ? eventually(matches, 15_000) : matches());
      }
    });

    it("prints its routes, and tells customers what they should know", async () => {
      expect(running.output()).to.match(
        /GET +\/customers\/by-name\/\{customer_name\} +customers\.CustomerByName\/GetCustomers/,
      );
      await eventually(() =>
        expect(running.output()).to.contain("welcome, Joe <joe@example.com>").and.to.contain("welcome, Kim"),
      );
    });

    it("ends in order", async () => {
      expect(await running.end("SIGTERM")).to.equal(0);
    });
  });
};

describePage("embedded", () => ({}));

describe("on Kafka and MongoDB", () => {
  const kafka = useKafka();
  const mongod = useMongod();
  describePage("on the mesh's engines", () => ({
    ROLLCALL_KAFKA: kafka().addresses.join(","),
    ROLLCALL_MONGODB: mongod.url(),
  }));
});
