import { expect } from "chai";
import type { CallContext } from "../component/context.ts";
import { clockedEndpoint } from "./clocked-endpoint.ts";
import type { Endpoint } from "./endpoint.ts";

describe("clockedEndpoint", () => {
  it("tells its clock's time, the deadline by it, and all else as the call does", async () => {
    let seen: CallContext | undefined;
    const type = { encode: () => expect.fail(), decode: () => ({}), fromPartial: () => ({}) };
    const endpoint: Endpoint = {
      path: "/greet",
      request: type,
      response: type,
      shape: "unary",
      async handle(_, context) {
        seen = context;
        return {};
      },
    };
    const clocked = clockedEndpoint(endpoint, () => 5000);
    if (clocked.shape !== "unary") expect.fail("another shape");
    const { signal } = new AbortController();
    const header = (name: string): string => `${name}!`;
    const call = { signal, isCancelled: false, header, headers: {}, cloudEvent: undefined, now: Date.now };
    await clocked.handle({}, { ...call, deadline: Date.now() + 60_000 });
    expect(seen?.now()).to.equal(5000);
    expect(seen?.deadline).to.be.within(64_000, 65_000);
    expect([seen?.header("a"), seen?.signal, seen?.isCancelled]).to.deep.equal(["a!", signal, false]);
    await clocked.handle({}, { ...call, deadline: undefined });
    expect(seen?.deadline).to.equal(undefined);
  });
});
