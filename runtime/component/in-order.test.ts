import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { eventually } from "../../test/support/eventually.ts";
import { inOrder } from "./in-order.ts";

/** Commands 0, 1, 2, …, and how many of them were read. */
const counted = (most: number) => {
  const read = { count: 0, isClosed: false };
  async function* commands(): AsyncGenerator<number> {
    try {
      while (read.count < most) yield read.count++;
    } finally {
      read.isClosed = true;
    }
  }
  return { read, commands: commands() };
};

const all = async <T>(answers: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const answer of answers) list.push(answer);
  return list;
};

describe("inOrder", () => {
  it("answers at once, and in the order of the commands, however long each takes", async () => {
    let [running, most] = [0, 0];
    const answer = async (command: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let n = command % 7; n >= 0; n--) await turn();
      running -= 1;
      return command;
    };
    expect(await all(inOrder(counted(100).commands, answer, 10))).to.deep.equal([...Array(100).keys()]);
    expect(most).to.be.within(2, 10);
  });

  it("gives answers that are there at once, and ends with the commands", async () => {
    expect(await all(inOrder(counted(3).commands, (command) => command * 2, 10))).to.deep.equal([0, 2, 4]);
    expect(await all(inOrder(counted(0).commands, (command) => command, 1))).to.deep.equal([]);
  });

  it("reads no further than its answers are taken", async () => {
    const { read, commands } = counted(1000);
    const answers = inOrder(commands, (command) => command, 10);
    expect(await answers.next()).to.include({ value: 0 });
    for (let n = 0; n < 50; n++) await turn();
    expect(read.count).to.be.at.most(12);
    await answers.next();
    await eventually(() => expect(read.count).to.be.at.least(11));
    await answers.return();
    await eventually(() => expect(read.isClosed).to.equal(true));
  });

  it("gives the answers to what came before the commands failed, then fails", async () => {
    async function* commands(): AsyncGenerator<number> {
      yield 1;
      throw new Error("reset");
    }
    const taken: number[] = [];
    const answers = inOrder(commands(), async (command) => command, 10);
    const failed = await (async () => {
      for await (const answer of answers) taken.push(answer);
    })().catch((error: unknown) => error);
    expect(String(failed)).to.contain("reset");
    expect(taken).to.deep.equal([1]);
  });
});
