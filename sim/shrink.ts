import type { Fault } from "./faults.ts";
import type { RegisterModel } from "./register-model.ts";
import { type Run, runSeed } from "./run-seed.ts";

/**
 * A schedule as small as can be found that still breaks an invariant: faults are left out one after the other,
 * then those that last are made to last less.
 */
export const shrink = async (run: Run, faults: readonly Fault[], model: RegisterModel): Promise<readonly Fault[]> => {
  const breaks = async (some: readonly Fault[]): Promise<boolean> =>
    (await runSeed({ ...run, faults: some }, model)).violations.length > 0;
  let smallest = faults;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (let index = smallest.length - 1; index >= 0; index--) {
      const fewer = smallest.filter((_, each) => each !== index);
      if (!(await breaks(fewer))) continue;
      smallest = fewer;
      isSmaller = true;
    }
  }
  for (const [index, fault] of smallest.entries()) {
    if (!("forMs" in fault)) continue;
    const shorter = smallest.with(index, { ...fault, forMs: Math.round(fault.forMs / 2) });
    if (await breaks(shorter)) smallest = shorter;
  }
  return smallest;
};
