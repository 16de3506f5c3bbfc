import { type Cell, emptyNode, isEmpty, type Node, type Rule, type Tree } from "./dots.ts";

/** Who changes a tree, and what it may know. */
export type Writer = {
  /** Names this process's writes: one whose fate is not known is the last one under its name. */
  readonly actor: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

type Content = { readonly number: bigint; readonly value?: Uint8Array | undefined };

const nextOf = ({ seen }: Tree, actor: string): number => (seen.get(actor) ?? 0) + 1;

const withCell = (tree: Tree, actor: string, rule: Rule, cells: Map<string, Cell>, content: Content): Tree => {
  const n = nextOf(tree, actor);
  cells.set(actor, { n, number: content.number, value: content.value });
  return { seen: new Map(tree.seen).set(actor, n), root: { ...tree.root, rule, cells } };
};

/** A write that takes the place of every one that stands at the root. */
export const overwrite = (tree: Tree, { actor }: Writer, rule: Rule, content: Content): Tree =>
  withCell(tree, actor, rule, new Map(), content);

/** A write that takes the place of this actor's own at the root, and leaves those of others. */
export const writeBeside = (tree: Tree, { actor }: Writer, rule: Rule, content: Content): Tree =>
  withCell(tree, actor, rule, new Map(tree.root.cells), content);

/** In one order everywhere, whichever way the data came. */
export const keysOf = ({ root }: Tree): readonly string[] => [...root.entries.keys()].sort();

/** The part of a tree below a key; a part that is changed is put back by `edited`. */
export const below = ({ seen, root }: Tree, key: string): Tree => ({ seen, root: root.entries.get(key) ?? emptyNode });

/** The tree with what `edit` makes of the part below a key; without the key, if nothing is left there. */
export const edited = (tree: Tree, key: string, edit: (part: Tree) => Tree): Tree => {
  const before = below(tree, key);
  const { seen, root } = edit(before);
  if (root === before.root) return tree;
  const entries = new Map(tree.root.entries);
  if (isEmpty(root)) entries.delete(key);
  else entries.set(key, root);
  return { seen, root: { ...tree.root, entries } };
};

/** Every write that is seen below the key is removed; one that is not, and comes later, stands. */
export const removed = (tree: Tree, key: string): Tree => edited(tree, key, cleared);

/** Nothing of what is seen stands any more. */
export const cleared = ({ seen, root }: Tree): Tree => ({ seen, root: isEmpty(root) ? root : emptyOf(root) });

const emptyOf = ({ rule }: Node): Node => ({ ...emptyNode, rule });
