// A process of its own that serves from the folder given, tells its ports, and then waits to be killed.
import { startServices } from "./services.ts";

const [, , folder = "", heartbeat = "0", view = "0"] = process.argv;
const services = await startServices(folder, { heartbeat: Number(heartbeat), view: Number(view) });
process.stdout.write(`${JSON.stringify({ heartbeat: services.heartbeat, view: services.view })}\n`);
