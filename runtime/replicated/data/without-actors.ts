import { latestOf, sumOf } from "./cells.ts";
import type { Cell, Node, Tree } from "./dots.ts";

/** Whoever wrote before: no process has this name. */
const everybody = "";

const oneOf = ({ rule, cells }: Node): Pick<Cell, "number" | "value"> | undefined => {
  if (cells.size === 0) return undefined;
  switch (rule) {
    case "sum":
      return { number: sumOf(cells), value: undefined };
    case "latest":
      return latestOf(cells);
    case "present":
      return { number: 0n, value: undefined };
    default:
      return rule satisfies never;
  }
};

/**
 * The same data as one actor would have written it: one cell a leaf, and nobody else is remembered. A tree that has
 * not seen all of this one cannot be merged with the result, so this begins a new generation.
 */
export const withoutActors = ({ root }: Tree): Tree => {
  let n = 0;
  const rewritten = (node: Node): Node => {
    const cell = oneOf(node);
    const cells = new Map<string, Cell>(cell && [[everybody, { n: ++n, number: cell.number, value: cell.value }]]);
    const entries = new Map([...node.entries].map(([key, each]) => [key, rewritten(each)]));
    return { rule: node.rule, cells, entries };
  };
  const all = rewritten(root);
  return { seen: new Map(n === 0 ? [] : [[everybody, n]]), root: all };
};
