// A process of its own that starts Envoy in the folder given and then waits to be killed.
import { installEnvoy } from "../../engines/envoy/install.ts";
import { startEnvoy } from "../../engines/envoy/start.ts";

const [, , workDir = "", port = "0"] = process.argv;
const services = { heartbeat: 1, state: 1, view: 1 };
const envoy = await startEnvoy({
  binary: await installEnvoy(),
  workDir,
  host: "127.0.0.1",
  port: Number(port),
  services,
});
process.stdout.write(`${JSON.stringify({ pid: envoy.pid, port: envoy.port })}\n`);
