/** The lowest offset of a partition that is not settled yet, while records are settled in any order. */
export type Floor = {
  /** Offsets come in ascending order; after a rebalance they may begin again lower. */
  begin(offset: bigint): void;
  settle(offset: bigint): void;
  /** `undefined` when nothing is open. */
  lowest(): bigint | undefined;
};

export const createFloor = (): Floor => {
  let open: bigint[] = [];
  const settled = new Set<bigint>();
  return {
    begin(offset) {
      const last = open.at(-1);
      if (last !== undefined && offset <= last) {
        // Delivered again: what was begun before is begun anew.
        open = open.filter((each) => each < offset);
        for (const each of settled) if (each >= offset) settled.delete(each);
      }
      open.push(offset);
    },
    settle(offset) {
      settled.add(offset);
      let done = 0;
      while (done < open.length && settled.delete(open[done] as bigint)) done += 1;
      if (done > 0) open = open.slice(done);
    },
    lowest: () => open[0],
  };
};
