import { expect } from "chai";

/**
 * The last case of a contract suite: it counts the others, so that none is left out for one adapter unseen.
 * Raised by hand with every case that joins the suite.
 */
export const expectCases = (count: number): void => {
  it(`has run all ${count} cases`, function () {
    expect(this.test?.parent?.total()).to.equal(count + 1);
  });
};
