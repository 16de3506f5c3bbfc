import { latestOf } from "./cells.ts";
import { setIn } from "./clock.ts";
import type { ReplicatedData } from "./data-type.ts";
import type { Node, Tree } from "./dots.ts";
import { below, edited, removed, type Writer } from "./edit.ts";

/** The replicas that may vote: this one, and all that are there. */
export type Voters = {
  readonly self: string;
  readonly all: ReadonlySet<string>;
};

/** One vote a replica of the service, for or against; one that has not voted is against. */
export type VoteData = ReplicatedData & {
  readonly selfVote: boolean;
  readonly votesFor: number;
  /** How many replicas there are now. */
  readonly totalVoters: number;
  readonly isAtLeastOne: boolean;
  readonly isMajority: boolean;
  readonly isAll: boolean;
  /** Sets the vote of this replica. */
  vote(isFor: boolean): VoteData;
};

/** So many may vote before those that are there no more are forgotten. */
const keptVotes = 64;

const yes = Uint8Array.of(1);
const no = Uint8Array.of(0);

const isFor = (node: Node | undefined): boolean => node !== undefined && latestOf(node.cells)?.value?.[0] === 1;

const withoutAbsent = (tree: Tree, { all }: Voters): Tree => {
  const { entries } = tree.root;
  if (entries.size <= keptVotes) return tree;
  return [...entries.keys()].filter((voter) => !all.has(voter)).reduce(removed, tree);
};

export const voteData = (tree: Tree, writer: Writer, voters: Voters): VoteData => {
  const { self, all } = voters;
  const { entries } = tree.root;
  const votesFor = [...all].filter((voter) => isFor(entries.get(voter))).length;
  const totalVoters = all.size;
  return {
    tree,
    selfVote: isFor(entries.get(self)),
    votesFor,
    totalVoters,
    isAtLeastOne: votesFor > 0,
    isMajority: votesFor * 2 > totalVoters,
    isAll: votesFor === totalVoters,
    vote(isYes) {
      if (below(tree, self).root.cells.size > 0 && isYes === isFor(entries.get(self))) return this;
      const voted = edited(tree, self, (part) => setIn(part, writer, isYes ? yes : no, "default"));
      return voteData(withoutAbsent(voted, voters), writer, voters);
    },
  };
};
