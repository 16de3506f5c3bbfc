import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { type RunningEnvoy, startEnvoy } from "../../engines/envoy/start.ts";
import { startUpstream, type Upstream } from "./envoy-upstream.ts";

export type EnvoyFixture = {
  readonly envoy: RunningEnvoy;
  readonly heartbeat: Upstream;
  readonly state: Upstream;
  readonly view: Upstream;
};

/** A folder for one suite; it is removed after the suite. */
export const useFolder = (): { readonly path: string } => {
  const folder = { path: "" };
  before(async () => {
    folder.path = await mkdtemp(join(tmpdir(), "rollcall-envoy-"));
  });
  after(() => rm(folder.path, { recursive: true, force: true }));
  return folder;
};

/** Real Envoy before three echo upstreams, for the suite it is called in; each test begins with nothing received. */
export const useEnvoy = (): (() => EnvoyFixture) => {
  let fixture: EnvoyFixture | undefined;
  const folder = useFolder();
  const get = (): EnvoyFixture => {
    if (fixture === undefined) throw new Error("Envoy is there only inside tests");
    return fixture;
  };
  before(async function () {
    // The first run downloads the binary.
    this.timeout(120_000);
    const [binary, heartbeat, state, view] = await Promise.all([
      installEnvoy(),
      startUpstream(),
      startUpstream(),
      startUpstream(),
    ]);
    const services = { heartbeat: heartbeat.port, state: state.port, view: view.port };
    const envoy = await startEnvoy({ binary, workDir: folder.path, host: "127.0.0.1", port: 0, services });
    fixture = { envoy, heartbeat, state, view };
  });
  beforeEach(() => {
    const { heartbeat, state, view } = get();
    for (const upstream of [heartbeat, state, view]) {
      upstream.received.length = 0;
      upstream.answerWith(undefined);
    }
  });
  after(async () => {
    if (fixture === undefined) return;
    await fixture.envoy.close();
    for (const upstream of [fixture.heartbeat, fixture.state, fixture.view]) upstream.close();
  });
  return get;
};
