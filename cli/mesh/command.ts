import { EngineError } from "../../engines/engine-error.ts";
import { MeshError } from "../../runtime/errors.ts";
import { complain } from "../../runtime/run-service.ts";
import { BadCall } from "../bad-call.ts";

/** Runs a command to its exit code: 2 for a call that cannot be followed, 1 when something is in the way. */
export const exitCodeOf = async (work: () => Promise<number>): Promise<number> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadCall) {
      process.stderr.write(`error: ${error.message}\n`);
      return 2;
    }
    if (!(error instanceof EngineError || error instanceof MeshError)) throw error;
    complain(error instanceof MeshError ? error.text : error.message);
    return 1;
  }
};

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
