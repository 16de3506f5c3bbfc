import { expect } from "chai";
import { Status } from "../../runtime/status.ts";
import { outcomeOfHttp, outcomeOfStatus } from "./outcome.ts";

describe("the outcome of a failed beat", () => {
  it("is a refusal only where the request can have had no effect", () => {
    for (const status of [Status.INVALID_ARGUMENT, Status.NOT_FOUND, Status.FAILED_PRECONDITION]) {
      expect(outcomeOfStatus(status).kind).to.equal("refused");
    }
    for (const status of [400, 404, 413]) expect(outcomeOfHttp(status).kind).to.equal("refused");
  });

  it("is unknown where it may have had one", () => {
    const { UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, UNKNOWN, INTERNAL, ABORTED, RESOURCE_EXHAUSTED } = Status;
    for (const status of [UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, UNKNOWN, INTERNAL, ABORTED, RESOURCE_EXHAUSTED]) {
      expect(outcomeOfStatus(status).kind).to.equal("unknown");
    }
    for (const status of [408, 409, 429, 499, 500, 502, 503, 504]) {
      expect(outcomeOfHttp(status).kind).to.equal("unknown");
    }
  });

  it("tells failures of the connection from others", () => {
    expect(outcomeOfStatus(Status.UNAVAILABLE)).to.deep.include({ isConnectionFailure: true });
    expect(outcomeOfStatus(Status.DEADLINE_EXCEEDED)).to.deep.include({ isConnectionFailure: false });
    expect(outcomeOfHttp(503)).to.deep.include({ code: "HTTP 503", isConnectionFailure: true });
    expect(outcomeOfHttp(500)).to.deep.include({ isConnectionFailure: false });
    expect(outcomeOfHttp(503, "KEY_BUSY")).to.deep.include({ code: "HTTP 503 KEY_BUSY" });
  });
});
