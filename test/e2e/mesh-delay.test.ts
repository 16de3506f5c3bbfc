import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { watchOthers } from "../support/cpu-of-others.ts";
import { http } from "../support/http.ts";
import { type RollcallCli, rollcallOn } from "../support/rollcall-cli.ts";
import { useDataFolder } from "../support/rollcall-process.ts";

type User = { readonly user_id: string; readonly profile: { readonly attr1: string } | null };

const parts = ["kafka", "mongodb", "heartbeat-svc", "state-svc", "view-svc", "envoy"];

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

// Runs when nothing else does: the promise is one of an idle machine.
describe("a mesh that is idle", function () {
  this.timeout(300_000);
  let rollcall: RollcallCli;
  let rest = 0;
  // Before the folder goes, which the hooks of the next line see to.
  after(() => rollcall.run("down"));
  const folder = useDataFolder();

  before(async () => {
    rollcall = rollcallOn(folder());
    const { code, out, err } = await rollcall.run("up");
    expect(code, err).to.equal(0);
    rest = Number(/gRPC-Web: http:\/\/localhost:(\d+)/.exec(out)?.[1]);
  });

  const put = (attr1: string, user = "timed") =>
    http({
      port: rest,
      method: "PUT",
      path: `/users/${user}/devices/d/heartbeat`,
      body: { is_online: true, profile: { attr1 } },
    });
  const shown = async (): Promise<string | undefined> => {
    const { results } = (await http({ port: rest, path: "/users" })).json() as { readonly results: readonly User[] };
    return results.find(({ user_id }) => user_id === "timed")?.profile?.attr1;
  };

  /** A mesh is slow until its JVM and its services have compiled what they run. */
  const warmUp = async (): Promise<void> => {
    const users = Array.from({ length: 8 }, (_, i) => `warm-${i}`);
    for (let i = 0; i < 250; i += 1) {
      await Promise.all(users.flatMap((user) => [put(`${i}`, user), shown()]));
    }
  };

  /** The median of idle round trips, one after the other: a change is sent, then asked for until it is there. */
  const roundTrip = async (round: string): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      const begin = performance.now();
      await put(`${round}, ${i}`);
      while ((await shown()) !== `${round}, ${i}`) await delay(2);
      times.push(performance.now() - begin);
    }
    return medianOf(times);
  };

  it("takes a change from PUT to the query in under 40 ms", async () => {
    const ours = await Promise.all(parts.map(async (part) => (await rollcall.stateOf(part)).pid));
    const seen: string[] = [];
    let isKept = false;
    await warmUp();
    // Others may use the machine for a while.
    for (let round = 0; round < 40 && !isKept; round += 1) {
      const others = await watchOthers([process.pid, ...ours]);
      const median = await roundTrip(`round ${round}`);
      const share = await others();
      // On an idle machine the bar is 40 ms. What the mesh itself takes of the machine never moves it; where others take
      // all of it, each of the four processes of the way waits for its turn.
      const bar = 40 * (share < 0.1 ? 1 : 1 + 2 * share);
      seen.push(`${median.toFixed(1)} of ${bar.toFixed(0)} ms`);
      isKept = median < bar;
    }
    process.stdout.write(`      PUT to GET /users: p50 ${seen.join(", ")}\n`);
    expect(isKept, seen.join(", ")).to.equal(true);
  });
});
