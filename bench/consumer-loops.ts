import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import type { Engines } from "./engines.ts";
import { inPlace, reach, withMongo } from "./loop-child.ts";
import { inTurns } from "./ratio.ts";
import type { Bench, Figure } from "./row.ts";
import { countRecords, createRecords, emptyTopics, openBus } from "./topics.ts";
import { trickle } from "./trickle.ts";

const devices = 4000;
const slices = 5;
const trickleWindowMs = 3;

/** A consumer of ours, and the same loop written by hand. */
export type LoopRow = {
  readonly source: "heartbeats" | "users";
  readonly ours: { readonly file: string; readonly argument: string };
  readonly theirs: string;
  /** Records; many times what a side takes in one go. */
  readonly backlog: number;
  readonly bar: number;
};

type Run = { readonly rate: number; readonly cpu: number; readonly mongod: number; readonly kafka: number };

/** Both sides work off the same backlog, in turns, each time into a new database; then both take a trickle. */
export const measureLoops = async (bench: Bench, row: LoopRow): Promise<readonly Figure[]> => {
  const engines = await bench.engines();
  await emptyTopics(engines.kafka, ["heartbeats", "users"]);
  let bus = await openBus(engines.kafka);
  const records = createRecords(row.source, devices);
  const ours = startChild(join(bench.processes, row.ours.file), bench.profileFolder, [row.ours.argument]);
  const theirs = startChild(join(bench.processes, row.theirs), bench.profileFolder);
  try {
    const keys = new Set<string | undefined>();
    for (let sent = 0; sent < row.backlog; sent += 2000) {
      const batch = records(2000);
      for (const { key } of batch) keys.add(key);
      await bus.publish(batch);
    }
    const slice = (child: Child, coalesceMs = 0) => ({
      backlog: () => workOff(engines, child, row, keys.size),
      trickle: () => inPlace(engines, child, coalesceMs, () => trickle(engines, child, bus, records)),
    });
    const sides = { ours: slice(ours), theirs: slice(theirs) };
    await inTurns(1, { ours: sides.ours.backlog, theirs: sides.theirs.backlog });
    const full = await inTurns(slices, { ours: sides.ours.backlog, theirs: sides.theirs.backlog });

    await bus.close();
    await emptyTopics(engines.kafka, ["heartbeats", "users"]);
    // A producer that knows the topics of before would not find their leaders.
    bus = await openBus(engines.kafka);
    await bus.publish(records(100));
    const slow = await inTurns(2, { ours: sides.ours.trickle, theirs: sides.theirs.trickle });
    const together = slice(ours, trickleWindowMs).trickle;
    const window = { ours: [await together(), await together()], theirs: slow.theirs };
    return [
      { name: "records/s", better: "more", bar: row.bar, ...pick(full, "rate") },
      ...costs("10,000 records", full),
      ...costs("10,000 at 1,000/s", slow),
      ...costs(`same, ${trickleWindowMs} ms window`, window),
    ];
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
    await bus.close();
  }
};

type Both<T> = { readonly ours: readonly T[]; readonly theirs: readonly T[] };

const pick = <K extends string>({ ours, theirs }: Both<Readonly<Record<K, number>>>, field: K) => ({
  ours: ours.map((each) => each[field]),
  theirs: theirs.map((each) => each[field]),
});

const costs = (per: string, runs: Both<Omit<Run, "rate">>): Figure[] => [
  { name: `CPU s/${per} (*)`, better: "less", ...pick(runs, "cpu") },
  { name: "  mongod's", better: "less", ...pick(runs, "mongod") },
  { name: "  Kafka's", better: "less", ...pick(runs, "kafka") },
];

/** From the first record that is done to the last; what is used counts from the start. */
const workOff = async (engines: Engines, child: Child, row: LoopRow, keys: number): Promise<Run> => {
  const bus = await openBus(engines.kafka);
  const before = await child.ask<{ cpu: number }>("cost");
  const enginesBefore = await engines.cost();
  const published = await countRecords(bus, "users");
  try {
    return await inPlace(engines, child, 0, async (database) => {
      const { records, firstRecords, firstAt, lastAt, cost } = await reach(child, row.backlog);
      const enginesAfter = await engines.cost();
      if (row.source !== "users")
        expectAll("records of users", (await countRecords(bus, "users")) - published, records);
      await expectRows(engines, database, keys);
      const per10k = (total: number): number => (total / row.backlog) * 10_000;
      return {
        rate: ((records - firstRecords) / (lastAt - firstAt)) * 1000,
        cpu: per10k(cost.cpu - before.cpu),
        mongod: per10k(enginesAfter.mongod - enginesBefore.mongod),
        kafka: per10k(enginesAfter.kafka - enginesBefore.kafka),
      };
    });
  } finally {
    await bus.close();
  }
};

/** A comparison of unlike work says nothing: both must have written everything. */
const expectAll = (what: string, found: number, expected: number): void => {
  if (found !== expected) throw new Error(`${found} ${what}, and not ${expected}`);
};

const expectRows = (engines: Engines, database: string, keys: number): Promise<void> =>
  withMongo(engines.mongodb, async (client) => {
    const collections = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
    const counts = await Promise.all(
      collections.map(({ name }) => client.db(database).collection(name).countDocuments()),
    );
    expectAll("rows", Math.max(...counts), keys);
  });
