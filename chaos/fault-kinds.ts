import { setTimeout as delay } from "node:timers/promises";
import type { Mesh } from "../test/support/mesh.ts";
import type { Part } from "../test/support/mesh-part.ts";
import type { MeshFault } from "./mesh-stage.ts";

const churnRounds = 4;

export const killAll = async (parts: readonly (Part | undefined)[]): Promise<readonly Part[]> => {
  const present = parts.filter((part) => part !== undefined);
  await Promise.all(present.map((part) => part.kill("SIGKILL")));
  return present;
};

export const kill =
  (choose: (mesh: Mesh) => readonly (Part | undefined)[]): MeshFault["begin"] =>
  (mesh) =>
    killAll(choose(mesh));

/** One after the other, each in order and until it serves again; `whole` may wait for more than that. */
export const restartOneByOne =
  (whole: (mesh: Mesh) => Promise<unknown> = async () => undefined): NonNullable<MeshFault["mend"]> =>
  async (mesh, parts) => {
    for (const part of parts) {
      await part.kill("SIGTERM");
      await part.restart();
      await whole(mesh);
    }
  };

/** SIGSTOP, and SIGCONT so many milliseconds later. */
export const freeze = (choose: (mesh: Mesh) => Part | undefined, forMs: number): Pick<MeshFault, "begin" | "mend"> => ({
  async begin(mesh) {
    const part = choose(mesh);
    await part?.kill("SIGSTOP");
    return part === undefined ? [] : [part];
  },
  async mend(_, parts) {
    await delay(forMs);
    for (const part of parts) await part.kill("SIGCONT");
  },
});

/** Parts join, and leave after some seconds, in order and by kill -9 in turn. */
export const churn = (join: (mesh: Mesh) => Promise<readonly Part[]>): Pick<MeshFault, "begin" | "mend"> => ({
  begin: join,
  async mend(_, parts, random) {
    for (let round = 0; round < churnRounds; round++) {
      await delay(1000 + random() * 3000);
      await Promise.all(parts.map((part) => part.kill(round % 2 === 0 ? "SIGTERM" : "SIGKILL")));
      if (round < churnRounds - 1) await Promise.all(parts.map((part) => part.restart()));
    }
  },
});
