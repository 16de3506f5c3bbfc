import { createGrpcClient } from "../cli/load/grpc-client.ts";
import type { MeshClient } from "../cli/load/mesh-client.ts";
import type { Random } from "../cli/load/random.ts";
import { createRestClient } from "../cli/load/rest-client.ts";
import { leaseProfiles } from "../runtime/replicated/lease-profile.ts";
import { type Mesh, type MeshOptions, startMesh } from "../test/support/mesh.ts";
import type { Part } from "../test/support/mesh-part.ts";
import type { Fault, Stage } from "./stage.ts";

export type MeshFault = Pick<Fault, "what" | "ride"> &
  Pick<Stage, "isSeamless"> & {
    /** Leases of seconds, where riders fall silent. */
    readonly isShort?: boolean;
    readonly mesh?: Omit<MeshOptions, "folder">;
    readonly begin: (mesh: Mesh, random: Random) => Promise<readonly Part[]>;
    /** Starts again what `begin` took away, unless told otherwise. */
    readonly mend?: (mesh: Mesh, begun: readonly Part[], random: Random) => Promise<void>;
  };

const local = (part: Part): string => `127.0.0.1:${part.port}`;

/** Each beat goes to one of the replicas, whoever got the rider's last. */
const spread = (clients: readonly MeshClient[], random: Random): MeshClient => {
  const [first] = clients as [MeshClient];
  return {
    beat: (beat, deadlineMs) => (clients[Math.floor(random() * clients.length)] as MeshClient).beat(beat, deadlineMs),
    users: first.users,
    close() {
      for (const client of clients) client.close();
    },
  };
};

export const meshFault = (name: string, fault: MeshFault): Fault => ({
  name,
  what: fault.what,
  ...(fault.ride && { ride: fault.ride }),
  open: async (folder) => {
    const environment = fault.isShort ? { ROLLCALL_LEASE_PROFILE: "short" } : {};
    return stageOf(await startMesh({ ...fault.mesh, environment, folder }), fault);
  },
});

/** A mesh, and one fault that may happen to it. */
export const stageOf = (
  mesh: Mesh,
  { begin, mend = restartAll, isShort = false, isSeamless = false }: Omit<MeshFault, "what" | "mesh" | "ride">,
): Stage => {
  let begun: readonly Part[] = [];
  // The last replica: faults are made to the first.
  const view = local(mesh.view.at(-1) as Part);
  return {
    view,
    profile: isShort ? leaseProfiles.short : leaseProfiles.default,
    isSeamless,
    connect(random) {
      if (mesh.envoy !== undefined) return createRestClient(`http://${local(mesh.envoy)}`);
      return spread(
        mesh.heartbeat.map((replica) => createGrpcClient(local(replica), view)),
        random,
      );
    },
    async begin(random) {
      begun = await begin(mesh, random);
      return begun;
    },
    mend: (random) => mend(mesh, begun, random),
    async inspect(work) {
      const ports = await mesh.openPorts();
      try {
        return await work(ports);
      } finally {
        await ports.close();
      }
    },
    died: () => mesh.parts.filter((part) => part.hasDied).map((part) => part.name),
    close: mesh.close,
  };
};

const restartAll = async (_: Mesh, parts: readonly Part[]): Promise<void> => {
  await Promise.all(parts.map((part) => part.restart()));
};
