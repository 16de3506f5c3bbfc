import { randomInt } from "node:crypto";
import { type Command, Option } from "commander";
import { createGrpcClient } from "./load/grpc-client.ts";
import { readAddress, readBase, readCount, readDuration, readSeed, readShare } from "./load/options.ts";
import { hasPassed, reportOf } from "./load/report.ts";
import { createRestClient } from "./load/rest-client.ts";
import { runLoad } from "./load/run-load.ts";

type Flags = {
  readonly riders: number;
  readonly duration: number;
  readonly rate?: number;
  readonly via: "grpc" | "rest";
  readonly heartbeat: string;
  readonly view: string;
  readonly rest: string;
  readonly interval: number;
  readonly ramp: number;
  readonly change: number;
  readonly leave: number;
  readonly deadline: number;
  readonly maxOpen: number;
  readonly faultWindow: number;
  readonly settle: number;
  readonly seed?: number;
  readonly prefix?: string;
};

const load = async (flags: Flags): Promise<number> => {
  const seed = flags.seed ?? randomInt(2 ** 31);
  const prefix = flags.prefix ?? `load-${Date.now().toString(36)}-`;
  const mesh = flags.via === "grpc" ? createGrpcClient(flags.heartbeat, flags.view) : createRestClient(flags.rest);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  process.stdout.write(`${flags.riders} riders named ${prefix}rider-… ride, seed ${seed}\n`);
  try {
    const options = {
      riders: flags.riders,
      durationMs: flags.duration,
      // The last to join has time for a beat, too.
      rampMs: Math.min(flags.ramp, flags.duration / 2),
      intervalMs: flags.rate === undefined ? flags.interval : (flags.riders / flags.rate) * 1000,
      deadlineMs: flags.deadline,
      maxOpen: flags.maxOpen,
      habits: { change: flags.change, leave: flags.leave },
      prefix,
      seed,
      faultWindowMs: flags.faultWindow,
      settleMs: flags.settle,
    };
    const result = await runLoad(options, mesh, (text) => process.stdout.write(text), stopping.signal);
    process.stdout.write(reportOf(result));
    return hasPassed(result) ? 0 : 1;
  } finally {
    process.removeListener("SIGINT", stop);
    mesh.close();
  }
};

/** The help shows the default as the user would write it. */
const valued = (flags: string, text: string, read: (value: string) => unknown, byDefault: string): Option =>
  new Option(flags, text).argParser(read).default(read(byDefault), byDefault);

/** Adds `rollcall load`. It exits with 0 when nothing was lost, 1 when the verdict fails, 2 for a bad call. */
export const registerLoad = (program: Command): void => {
  program
    .command("load")
    .description("The Turkey Burn: riders beat, change, leave and come back; then every one of them is checked.")
    .addOption(valued("--riders <n>", "how many ride", readCount, "1000"))
    .addOption(valued("--duration <time>", "how long they ride", readDuration, "30s"))
    .option("--rate <n>", "beats a second of all together, in place of --interval", readCount)
    .addOption(new Option("--via <way>", "through which face").choices(["grpc", "rest"]).default("grpc"))
    .addOption(valued("--heartbeat <address>", "heartbeat-svc, or Envoy", readAddress, "127.0.0.1:50051"))
    .addOption(valued("--view <address>", "view-svc, or Envoy", readAddress, "127.0.0.1:50053"))
    .addOption(valued("--rest <base>", "Envoy, for --via rest", readBase, "http://127.0.0.1:8080"))
    .addOption(valued("--interval <time>", "between two beats of a rider, give or take a tenth", readDuration, "5s"))
    .addOption(valued("--ramp <time>", "over which the riders join", readDuration, "5s"))
    .addOption(valued("--change <share>", "beats that change the profile", readShare, "1%"))
    .addOption(valued("--leave <share>", "beats that say goodbye for a while", readShare, "0.5%"))
    .addOption(valued("--deadline <time>", "of one beat", readDuration, "5s"))
    .addOption(valued("--max-open <n>", "beats under way; beyond them is OVERLOAD", readCount, "10000"))
    .addOption(valued("--fault-window <time>", "around connection failures, to fail in", readDuration, "0s"))
    .addOption(valued("--settle <time>", "the view may take after the last beat", readDuration, "30s"))
    .option("--seed <n>", "repeats a run's riders", readSeed)
    .option("--prefix <text>", "of the user ids; another for each run unless given")
    .action(async (flags: Flags) => {
      process.exitCode = await load(flags);
    });
};
