import { expect } from "chai";
import { MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from "mongodb";
import { MeshError } from "../../errors.ts";
import { guarded, isRefusedUnwritten, storeError } from "./errors.ts";

describe("MongoDB errors", () => {
  it("are STORE_UNAVAILABLE, with their cause, when the server cannot be reached or is not primary", () => {
    const lost = [
      new MongoNetworkError("connection closed"),
      new MongoServerError({ message: "not primary", code: 10107 }),
      new MongoServerError({ message: "waiting for replication timed out", code: 64 }),
      // As the driver lets it through when the server ends a connection while it is written to.
      Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" }),
    ];
    for (const cause of lost) {
      const error = storeError(cause);
      expect(error).to.be.instanceOf(MeshError).and.to.include({ code: "STORE_UNAVAILABLE", cause });
      expect(isRefusedUnwritten(cause)).to.equal(false);
    }
  });

  it("stay what they are when the operation is wrong", async () => {
    const wrong = [
      new MongoServerError({ message: "unknown operator", code: 2 }),
      new RangeError("not a number"),
      Object.assign(new Error("out of range"), { code: "ERR_OUT_OF_RANGE" }),
    ];
    for (const error of wrong) {
      expect(storeError(error)).to.equal(error);
      expect(await guarded(() => Promise.reject(error)).catch((reason: unknown) => reason)).to.equal(error);
    }
    expect(isRefusedUnwritten(new MongoInvalidArgumentError("Document is larger than the maximum size"))).to.equal(
      true,
    );
  });
});
