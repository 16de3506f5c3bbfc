import { createGrpcClient } from "../cli/load/grpc-client.ts";
import { openSqlitePorts } from "../runtime/adapters/sqlite/ports.ts";
import { leaseProfiles } from "../runtime/replicated/lease-profile.ts";
import { startEmbedded } from "../test/support/mesh-embedded.ts";
import type { Fault, Stage } from "./stage.ts";

const openStage = async (folder: string): Promise<Stage> => {
  const { process: rollcall, heartbeat, view, dataFolder } = await startEmbedded(folder);
  const address = `127.0.0.1:${view}`;
  return {
    view: address,
    profile: leaseProfiles.default,
    connect: () => createGrpcClient(`127.0.0.1:${heartbeat}`, address),
    async begin() {
      await rollcall.kill("SIGKILL");
      return [rollcall];
    },
    mend: () => rollcall.restart(),
    async inspect(work) {
      await rollcall.kill("SIGTERM");
      const ports = openSqlitePorts({ folder: dataFolder });
      try {
        return await work(ports);
      } finally {
        await ports.close();
        await rollcall.restart();
      }
    },
    died: () => (rollcall.hasDied ? [rollcall.name] : []),
    close: () => rollcall.kill("SIGKILL"),
  };
};

export const killEmbedded: Fault = {
  name: "kill-embedded",
  what: "kill -9 of `rollcall run`, then started again",
  open: openStage,
};
