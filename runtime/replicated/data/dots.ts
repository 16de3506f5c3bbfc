/**
 * One write that still stands. Its dot, the actor and the actor's count of writes, is its name: no two writes share
 * one. A leaf has one cell an actor at most, for a later write of an actor takes the place of its earlier one.
 */
export type Cell = {
  readonly n: number;
  readonly number: bigint;
  readonly value: Uint8Array | undefined;
};

/** How the cells of a leaf make one: they are only there, they add up, or the one with the highest number stands. */
export const rules = ["present", "sum", "latest"] as const;
export type Rule = (typeof rules)[number];

/** A leaf has cells, a branch has entries by key. What has neither is not there. */
export type Node = {
  readonly rule: Rule;
  readonly cells: ReadonlyMap<string, Cell>;
  readonly entries: ReadonlyMap<string, Node>;
};

/**
 * Replicated data of any type. `seen` tells the highest count of each actor whose writes the tree knows: a write that
 * is seen and does not stand has been overwritten or removed, and one that is not seen is news.
 */
export type Tree = {
  readonly seen: ReadonlyMap<string, number>;
  readonly root: Node;
};

export const emptyNode: Node = { rule: "present", cells: new Map(), entries: new Map() };
export const emptyTree: Tree = { seen: new Map(), root: emptyNode };

export const isEmpty = ({ cells, entries }: Node): boolean => cells.size === 0 && entries.size === 0;

type Seen = Tree["seen"];

const hasSeen = (seen: Seen, actor: string, { n }: Cell): boolean => n <= (seen.get(actor) ?? 0);

/** A write stands in the merged leaf if it stands on both sides, or on one while the other has not seen it. */
const mergeCells = (a: Node["cells"], b: Node["cells"], seenA: Seen, seenB: Seen): Node["cells"] => {
  const cells = new Map<string, Cell>();
  for (const [actor, cell] of a) {
    if (b.get(actor)?.n === cell.n || !hasSeen(seenB, actor, cell)) cells.set(actor, cell);
  }
  for (const [actor, cell] of b) {
    if (!cells.has(actor) && !hasSeen(seenA, actor, cell)) cells.set(actor, cell);
  }
  return cells;
};

const mergeNodes = (a: Node, b: Node, seenA: Seen, seenB: Seen): Node => {
  const entries = new Map<string, Node>();
  for (const key of new Set([...a.entries.keys(), ...b.entries.keys()])) {
    const node = mergeNodes(a.entries.get(key) ?? emptyNode, b.entries.get(key) ?? emptyNode, seenA, seenB);
    if (!isEmpty(node)) entries.set(key, node);
  }
  // The side that has nothing yet says "present".
  const rule = rules.indexOf(a.rule) > rules.indexOf(b.rule) ? a.rule : b.rule;
  return { rule, cells: mergeCells(a.cells, b.cells, seenA, seenB), entries };
};

/** Everything that both know: commutative, associative and idempotent. */
export const mergeTrees = (a: Tree, b: Tree): Tree => {
  const seen = new Map(a.seen);
  for (const [actor, n] of b.seen) seen.set(actor, Math.max(n, seen.get(actor) ?? 0));
  return { seen, root: mergeNodes(a.root, b.root, a.seen, b.seen) };
};
