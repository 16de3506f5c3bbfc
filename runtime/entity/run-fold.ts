import type { Handled } from "../eventing/handled.ts";
import { type ConsumedPosition, isApplied, withApplied } from "./applied.ts";
import { AlreadyApplied, type Commit, type EntityHost, type Loaded } from "./host.ts";
import type { EntityKey } from "./key.ts";
import { type Command, commitOf, type UnitRun } from "./run-unit.ts";
import { type Turn, Unit } from "./unit.ts";

/** A consumed record as a unit of work that has not begun. */
export type FoldUnit = { readonly run: UnitRun & { readonly position: ConsumedPosition }; readonly command: Command };

/** The one turn of a fold, with the entity as the units so far have left it in memory. */
type Held = { readonly host: EntityHost; readonly key: EntityKey; readonly loaded: Loaded };

/**
 * Runs units of records of one key, each on what the one before it has staged, and makes their changes of one entity
 * true in one commit: all of their messages, all of their positions, the last state. Gives how many, from the front,
 * are done. The first that cannot be one of them has left nothing behind: what its handler refused is told, and
 * anything else is for `runUnit`, alone.
 * Throws when the commit fails; then nothing is known to be done.
 */
export const runFold = async (units: readonly FoldUnit[]): Promise<Handled> => {
  const commits: Commit[] = [];
  let failure: Handled["failure"];
  let held: Held | undefined;
  let done = 0;
  try {
    for (const { run, command } of units) {
      // A commit says of one partition what is applied.
      if (run.position.source !== units[0]?.run.position.source) break;
      if (held !== undefined && isApplied(held.loaded.applied, run.position.offset)) break;
      const unit = new Unit(run.context, run.position);
      // Reads of other entities stay reads; the turn is the fold's.
      if (held !== undefined) unit.adopt(held.host, held.key, noCommand, held.loaded);
      const { isStaged, error } = await stage(unit, command);
      if (!isStaged && !(unit.interruption instanceof AlreadyApplied)) {
        if (held === undefined) unit.release();
        failure = unit.interruption === undefined ? error : undefined;
        break;
      }
      done += 1;
      const { turn } = unit;
      if (turn === undefined) continue;
      held = { host: turn.host, key: turn.key, loaded: turn.loaded };
      if (turn.change === undefined) continue;
      commits.push(commitOf(unit, turn));
      held = { ...held, loaded: afterwards(turn, run.position) };
      if (turn.host.commitAll === undefined) break;
    }
    const overtaken = held === undefined ? undefined : await commitAll(held.host, commits);
    // What a handler said of a state that did not come true is void.
    return overtaken === undefined ? { done, failure } : { done: 0, failure: undefined };
  } finally {
    held?.host.turns.leave(held.key.text);
  }
};

const noCommand = {};

type Staged = { readonly isStaged: boolean; readonly error?: { readonly reason: unknown } };

/** Whether the unit can be one of a fold. Messages without a change are no part of a commit, nor what comes after it. */
const stage = async (unit: Unit, command: Command): Promise<Staged> => {
  try {
    await command(unit);
    await unit.idle();
  } catch (reason) {
    await unit.idle();
    return { isStaged: false, error: { reason } };
  }
  return {
    isStaged:
      unit.interruption === undefined &&
      unit.later === undefined &&
      (unit.turn?.change !== undefined || unit.outputs.length === 0),
  };
};

const afterwards = ({ loaded, version, change }: Turn, position: ConsumedPosition): Loaded => ({
  ...loaded,
  version,
  state: change?.state,
  applied: withApplied(loaded.applied, position),
});

const commitAll = async (host: EntityHost, commits: readonly Commit[]) => {
  const [first] = commits;
  if (first === undefined) return undefined;
  return commits.length === 1 || host.commitAll === undefined ? host.commit(first) : host.commitAll(commits);
};
