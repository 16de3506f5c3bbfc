import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mesh, type MeshOptions, startMesh } from "./mesh.ts";

/** A mesh for the suite it is called in; it and its data are gone when the suite is over. */
export const useMesh = (options: Omit<MeshOptions, "folder"> = {}): (() => Mesh) => {
  let folder = "";
  let mesh: Mesh | undefined;
  before(async function () {
    // The first run downloads the engines.
    this.timeout(240_000);
    folder = await mkdtemp(join(tmpdir(), "rollcall-mesh-"));
    mesh = await startMesh({ ...options, folder });
  });
  after(async function () {
    this.timeout(30_000);
    await mesh?.close();
    await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (mesh === undefined) throw new Error("the mesh is there only inside tests");
    return mesh;
  };
};
