// Runs seeds and says what they broke: node --import tsx sim/main.ts [number of seeds] [first seed]
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { keep } from "./kept.ts";
import { readRegisterModel } from "./register-model.ts";
import type { Verdict } from "./run-seed.ts";
import { runSeed } from "./run-seed.ts";
import { shrink } from "./shrink.ts";

type Share = { readonly first: number; readonly step: number; readonly end: number };

const file = fileURLToPath(import.meta.url);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const work = async ({ first, step, end }: Share): Promise<void> => {
  Error.stackTraceLimit = 0;
  const model = readRegisterModel();
  for (let seed = first; seed < end; seed += step) process.send?.(await runSeed({ seed }, model));
  process.disconnect();
};

const runAll = async (first: number, count: number): Promise<Verdict[]> => {
  const workers = Math.min(count, availableParallelism());
  const verdicts: Verdict[] = [];
  await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const share: Share = { first: first + index, step: workers, end: first + count };
      const args = [share.first, share.step, share.end].map(String);
      const worker = fork(file, ["share", ...args], { execArgv: file.endsWith(".ts") ? ["--import", "tsx"] : [] });
      worker.on("message", (verdict: Verdict) => verdicts.push(verdict));
      return new Promise<void>((resolve, reject) => {
        worker.on("error", reject);
        worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      });
    }),
  );
  return verdicts.sort((a, b) => a.seed - b.seed);
};

const report = async (verdicts: readonly Verdict[], startedAt: number): Promise<void> => {
  const bad = verdicts.filter(({ violations }) => violations.length > 0);
  const model = readRegisterModel();
  for (const { seed, scenario, faults, violations } of bad) {
    print(`seed ${seed} (${scenario}) broke: ${[...new Set(violations.map(({ invariant }) => invariant))].join(", ")}`);
    for (const { at, key, text } of violations.slice(0, 3)) print(`  at ${at} ms, ${key}: ${text}`);
    const fewest = await shrink({ seed }, faults, model);
    const name = keep({ seed, faults: fewest, note: violations[0]?.invariant ?? "" });
    print(`  with no more than these faults, kept in sim/seeds/${name}: ${JSON.stringify(fewest)}`);
  }
  const late = verdicts.flatMap(({ detections }) => detections.map(({ delayMs, leaseMs }) => delayMs - leaseMs));
  late.sort((a, b) => a - b);
  const seconds = (performance.now() - startedAt) / 1000;
  const at = (share: number): string => `${((late[Math.floor(late.length * share)] ?? 0) / 1000).toFixed(2)} s`;
  print(
    `${verdicts.length} seeds in ${seconds.toFixed(0)} s (${(verdicts.length / seconds).toFixed(1)}/s), ${bad.length} broken; ` +
      `${late.length} silent devices shown offline after their lease and p50 ${at(0.5)}, p99 ${at(0.99)}`,
  );
  process.exitCode = bad.length === 0 ? 0 : 1;
};

const [mode, ...rest] = process.argv.slice(2);
if (mode === "share") {
  const [first = 0, step = 1, end = 0] = rest.map(Number);
  await work({ first, step, end });
} else {
  const startedAt = performance.now();
  const [count = 1000, first = 0] = process.argv.slice(2).map(Number);
  await report(await runAll(first, count), startedAt);
}
