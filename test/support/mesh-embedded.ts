import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startProcess } from "../../engines/child.ts";
import { type Part, startPart } from "./mesh-part.ts";
import { freePortsInARow } from "./mesh-port.ts";
import { whenServing } from "./mesh-service.ts";
import { programOf } from "./program.ts";

export type Embedded = {
  readonly process: Part;
  readonly heartbeat: number;
  readonly view: number;
  /** Of the embedded store; another process may open it while this one is down. */
  readonly dataFolder: string;
};

/** `rollcall run` as a user has it, on ports that it keeps. It never outlives this process. */
export const startEmbedded = async (folder: string): Promise<Embedded> => {
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder, { recursive: true });
  const rest = await freePortsInARow(4);
  const [heartbeat, state, view] = [rest + 1, rest + 2, rest + 3];
  const variables = [
    `ROLLCALL_DATA=${dataFolder}`,
    `ROLLCALL_REST_PORT=${rest}`,
    `ROLLCALL_HEARTBEAT_PORT=${heartbeat}`,
    `ROLLCALL_STATE_PORT=${state}`,
    `ROLLCALL_VIEW_PORT=${view}`,
  ];
  let starts = 0;
  const process_ = await startPart("rollcall-run", async () => {
    const command = ["/usr/bin/env", ...variables, process.execPath, ...programOf("cli/main.ts"), "run"];
    const files = { logFile: join(folder, `rollcall.${starts++}.log`), pidFile: join(folder, "rollcall.pid") };
    const { pid, ended } = await startProcess(command, files);
    // The view is the last to serve.
    await whenServing(view, ended);
    return { pid, port: view };
  });
  return { process: process_, heartbeat, view, dataFolder };
};
