import { spawn } from "node:child_process";
import { once } from "node:events";
import { createChannel, createClient } from "nice-grpc";
import { HealthCheckResponse_ServingStatus, HealthDefinition } from "../../gen/grpc/health/v1/health.ts";
import type { Probe } from "./manifests.ts";

/** A service of the image, as a container would have it: its own process, with these variables and no others. */
export type RunningContainer = {
  readonly output: () => string;
  /** SIGTERM, as Kubernetes ends a pod; gives the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
};

export type ContainerOptions = {
  readonly workDir: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export const startContainer = ({ workDir, args, env }: ContainerOptions): RunningContainer => {
  const child = spawn(process.execPath, args, { cwd: workDir, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close") as Promise<[number | null]>;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      output += part;
    });
  }
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return (await ended)[0];
  };
  return {
    output: () => output,
    stop: () => end("SIGTERM"),
    async kill() {
      await end("SIGKILL");
    },
  };
};

/** Asks what the kubelet would ask, at another port. Rejects when nobody answers. */
export const passesProbe = async (probe: Probe | undefined, port: number): Promise<boolean> => {
  const channel = createChannel(`127.0.0.1:${port}`);
  try {
    const health = createClient(HealthDefinition, channel);
    const { status } = await health.check(
      { service: probe?.grpc?.service ?? "" },
      { signal: AbortSignal.timeout(1000) },
    );
    return status === HealthCheckResponse_ServingStatus.SERVING;
  } finally {
    channel.close();
  }
};
