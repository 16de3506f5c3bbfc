import { expect } from "chai";
import { MeshError } from "../errors.ts";
import { Status, type StatusCode } from "../status.ts";
import { failureKind, isHandlersOwn } from "./failure.ts";

const judged = (error: unknown) => [failureKind(error), isHandlersOwn(error) ? "given up some day" : "waited for"];
const answered = (status: StatusCode) => new MeshError("HANDLER_ERROR", "no", { status });
const remote = (status: StatusCode) => new MeshError("REMOTE_ERROR", "no", { status });

describe("a failure of handling a record", () => {
  it("is terminal when the handler means it, and transient when it says not now", () => {
    expect(judged(answered(Status.INVALID_ARGUMENT))).to.deep.equal(["terminal", "given up some day"]);
    expect(judged(answered(Status.INTERNAL))).to.deep.equal(["terminal", "given up some day"]);
    expect(judged(answered(Status.UNAVAILABLE))).to.deep.equal(["transient", "given up some day"]);
  });

  it("is transient when nobody means it, here or elsewhere", () => {
    const transient = ["transient", "given up some day"];
    expect(judged(new Error("thrown"))).to.deep.equal(transient);
    expect(judged(new MeshError("HANDLER_FAILED", "thrown"))).to.deep.equal(transient);
    for (const status of [Status.INTERNAL, Status.UNKNOWN, Status.CANCELLED, Status.DEADLINE_EXCEEDED]) {
      expect(judged(remote(status)), String(status)).to.deep.equal(transient);
    }
  });

  it("is terminal when a service elsewhere means it, and waited for while that is away", () => {
    expect(failureKind(remote(Status.NOT_FOUND))).to.equal("terminal");
    expect(judged(remote(Status.UNAVAILABLE))).to.deep.equal(["transient", "waited for"]);
  });

  it("is terminal behind a change that stands", () => {
    expect(failureKind(new MeshError("FORWARD_FAILED", "no"))).to.equal("terminal");
  });
});
