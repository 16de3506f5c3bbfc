import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { createGrpcClient } from "../../cli/load/grpc-client.ts";
import type { MeshClient } from "../../cli/load/mesh-client.ts";
import { hasPassed, type Result, reportOf } from "../../cli/load/report.ts";
import { type LoadOptions, runLoad } from "../../cli/load/run-load.ts";
import { type RunningServices, startServices } from "../../cli/load/testing/services.ts";
import { programOf } from "../support/program.ts";

type Ports = Pick<RunningServices, "heartbeat" | "view">;

const ride: LoadOptions = {
  riders: 50,
  durationMs: 3000,
  rampMs: 500,
  intervalMs: 100,
  deadlineMs: 2000,
  maxOpen: 1000,
  habits: { change: 0.2, leave: 0.05 },
  prefix: "test-",
  seed: 1,
  faultWindowMs: 0,
  settleMs: 10_000,
};

describe("the load", () => {
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  const clients: MeshClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const child of children.splice(0)) await kill(child);
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });

  const newFolder = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "rollcall-load-"));
    folders.push(folder);
    return folder;
  };

  const load = (ports: Ports, options: Partial<LoadOptions> = {}): Promise<Result> => {
    const client = createGrpcClient(`127.0.0.1:${ports.heartbeat}`, `127.0.0.1:${ports.view}`);
    clients.push(client);
    return runLoad({ ...ride, ...options }, client, () => {}, new AbortController().signal);
  };

  const startChild = async (folder: string, ports: Ports): Promise<{ child: ChildProcess; ports: Ports }> => {
    const program = programOf("cli/load/testing/serve-child.ts");
    const args = [...program, folder, String(ports.heartbeat), String(ports.view)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return { child, ports: JSON.parse(String(line)) as Ports };
  };

  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };

  it("loses nothing of a ride over gRPC", async () => {
    const services = await startServices(await newFolder());
    try {
      const result = await load(services);
      expect(hasPassed(result), reportOf(result)).to.equal(true);
      expect(result.settled.verdict).to.deep.include({ compared: 50, lost: [], unknown: 0 });
      expect(result.tally.counts.beats).to.be.greaterThan(1000);
      expect(result.tally.counts.changed).to.be.greaterThan(100);
    } finally {
      await services.close();
    }
  });

  it("loses nothing when the services are killed under it", async () => {
    const folder = await newFolder();
    const { child, ports } = await startChild(folder, { heartbeat: 0, view: 0 });
    const riding = load(ports, { durationMs: 8000, faultWindowMs: 2000 });
    await delay(2500);
    await kill(child);
    await startChild(folder, ports);
    const result = await riding;
    expect(result.tally.counts.errors.get("UNAVAILABLE"), reportOf(result)).to.be.greaterThan(0);
    expect(result.share.beats, reportOf(result)).to.be.greaterThan(0);
    expect(hasPassed(result), reportOf(result)).to.equal(true);
  });

  it("fails when beats are refused that no fault window excuses", async () => {
    const folder = await newFolder();
    const { child, ports } = await startChild(folder, { heartbeat: 0, view: 0 });
    await kill(child);
    const result = await load(ports, { riders: 5, durationMs: 500, settleMs: 0 });
    expect(hasPassed(result)).to.equal(false);
    expect(reportOf(result)).to.include("compared 0, lost 0").and.include("never acknowledged 5: test-rider-0");
  });
});
