import { buildProcesses } from "./build.ts";
import { type Engines, startEngines } from "./engines.ts";
import type { Bench } from "./row.ts";
import { rows } from "./rows.ts";
import { holds, tableOf } from "./table.ts";

const names = process.argv.slice(2);
const unknown = names.filter((name) => !rows.some((row) => row.name === name));

if (unknown.length > 0) {
  process.stderr.write(`no row "${unknown.join(", ")}"; there is ${rows.map(({ name }) => name).join(", ")}\n`);
  process.exitCode = 2;
} else {
  let engines: Promise<Engines> | undefined;
  const bench: Bench = {
    processes: await buildProcesses(),
    profileFolder: process.env.BENCH_PROFILE,
    engines() {
      engines ??= startEngines();
      return engines;
    },
  };
  try {
    for (const row of rows.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const figures = await row.measure(bench);
      process.stdout.write(`\n${tableOf(row, figures)}`);
      if (!figures.every(holds)) process.exitCode = 1;
    }
  } finally {
    await (await engines)?.close();
  }
  process.stdout.write(
    "\n(*) The figure to go by when others use the machine's cores: throughput suffers from them.\n",
  );
}
