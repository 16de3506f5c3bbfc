import { expect } from "chai";
import { createClient } from "nice-grpc";
import { HealthDefinition } from "../../gen/grpc/health/v1/health.ts";
import { connectTo } from "./channel.ts";
import { freePort } from "./free-port.ts";
import { openTestBench } from "./served.ts";
import { tallyApplication } from "./tally.ts";

describe("connectTo", () => {
  it("waits for a server that does not listen yet, so that the first call reaches it", async () => {
    const bench = openTestBench();
    try {
      const port = await freePort();
      const connecting = connectTo(`127.0.0.1:${port}`);
      const early = await Promise.race([connecting, Promise.resolve("nobody listens")]);
      expect(early).to.equal("nobody listens");
      await bench.serve((await tallyApplication()).application, { port });
      const channel = await connecting;
      expect(await createClient(HealthDefinition, channel).check({ service: "liveness" })).to.include({
        status: "SERVING",
      });
      channel.close();
    } finally {
      await bench.close();
    }
  });
});
