import { expect } from "chai";
import { MeshError } from "../../runtime/errors.ts";

/** Holds that a promise fails with a MeshError of this code. */
export const expectCode = async (promise: Promise<unknown>, code: string): Promise<void> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(MeshError);
  expect((error as MeshError).code).to.equal(code);
};
