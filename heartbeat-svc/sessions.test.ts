import { expect } from "chai";
import fc from "fast-check";
import type { Session } from "../gen/presence/v1/presence.ts";
import { type Presence, presenceAfter, sessionProblem } from "./sessions.ts";

type Standing = { readonly is_online: boolean; readonly sessions: Session[] };

const nobody: Standing = { is_online: false, sessions: [] };
const beat = (session_id: string, sequence: bigint, is_online = true) => ({ session_id, sequence, is_online });
const leave = (session_id: string, sequence: bigint) => beat(session_id, sequence, false);

/** What stands after heartbeats; one that comes late leaves it as it is. */
const standingAfter = (...commands: ReturnType<typeof beat>[]): Standing =>
  commands.reduce((standing: Standing, command) => {
    const presence = presenceAfter(command, standing);
    return presence.kind === "late" ? standing : presence;
  }, nobody);

const taken = (presence: Presence) => {
  if (presence.kind === "late") throw new Error("expected it to be taken");
  return presence;
};

describe("presenceAfter", () => {
  it("given a heartbeat with a number, when the same or a lower one comes, then that is late", () => {
    const standing = standingAfter(beat("a", 5n));
    expect(presenceAfter(leave("a", 5n), standing)).to.deep.equal({ kind: "late" });
    expect(presenceAfter(leave("a", 4n), standing)).to.deep.equal({ kind: "late" });
    expect(taken(presenceAfter(leave("a", 6n), standing)).is_online).to.equal(false);
  });

  it("given a leave, when an earlier beat of its session comes, then the device stays offline", () => {
    expect(standingAfter(beat("a", 1n), leave("a", 3n), beat("a", 2n)).is_online).to.equal(false);
    expect(standingAfter(beat("a", 1n), leave("a", 3n), beat("a", 4n)).is_online).to.equal(true);
  });

  it("given two sessions, when one leaves, then the device is online until the other does", () => {
    const one = standingAfter(beat("a", 1n), beat("b", 1n), leave("a", 2n));
    expect(one.is_online).to.equal(true);
    expect(taken(presenceAfter(leave("b", 2n), one)).is_online).to.equal(false);
  });

  it("given a device that is online, then a second session is news, and its further beats are none", () => {
    const standing = standingAfter(beat("a", 1n));
    expect(taken(presenceAfter(beat("b", 1n), standing)).isNews).to.equal(true);
    expect(taken(presenceAfter(beat("a", 2n), standing)).isNews).to.equal(false);
  });

  it("given a leave of a session nobody knew, then it is remembered: its beats may come late", () => {
    const standing = standingAfter(beat("a", 1n), leave("b", 2n));
    expect(presenceAfter(beat("b", 1n), standing)).to.deep.equal({ kind: "late" });
  });

  it("given a leave said again, then it is news where a beat between the two may still come", () => {
    const standing = standingAfter(beat("a", 1n), leave("a", 2n));
    expect(taken(presenceAfter(leave("a", 3n), standing)).isNews).to.equal(false);
    const again = taken(presenceAfter(leave("a", 4n), standing));
    expect(again.isNews).to.equal(true);
    expect(presenceAfter(beat("a", 3n), again)).to.deep.equal({ kind: "late" });
  });

  it("given a client that names no session, then its leave ends all of them, and their earlier beats are late", () => {
    const standing = standingAfter(beat("a", 3n), beat("b", 1n), leave("", 0n));
    expect(standing.is_online).to.equal(false);
    expect(presenceAfter(beat("a", 3n), standing)).to.deep.equal({ kind: "late" });
    expect(taken(presenceAfter(beat("a", 4n), standing)).is_online).to.equal(true);
  });

  it("given a session that does not count, then its heartbeats have effect in the order they come", () => {
    expect(standingAfter(beat("a", 0n), leave("a", 0n), beat("a", 0n)).is_online).to.equal(true);
    expect(standingAfter(beat("a", 7n), beat("a", 0n)).sessions).to.deep.equal([beat("a", 7n)]);
  });

  it("remembers at most 8 sessions, and forgets those that have ended before those that live", () => {
    const ids = Array.from({ length: 20 }, (_, i) => `s${i}`);
    const standing = standingAfter(
      beat("ended", 1n),
      beat("first", 1n),
      leave("ended", 2n),
      ...ids.map((id) => beat(id, 1n)),
    );
    expect(standing.sessions).to.have.length(8);
    const seven = ids.slice(0, 6).map((id) => beat(id, 1n));
    const kept = standingAfter(beat("first", 1n), beat("ended", 1n), leave("ended", 2n), ...seven, beat("new", 1n));
    expect(kept.sessions.map(({ session_id }) => session_id))
      .to.include("first")
      .and.not.to.include("ended");
  });

  it("comes to the same, however late beats are mixed in behind newer ones of their session", () => {
    const command = fc.record({ session: fc.constantFrom("a", "b", "c"), is_online: fc.boolean() });
    const late = fc.record({ at: fc.nat(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 20 }), fc.array(late), (commands, lates) => {
        const numbered = commands.map(({ session, is_online }, i) => beat(session, BigInt(i + 1), is_online));
        const mixed = [...numbered];
        for (const { at, which } of lates) {
          const place = at % mixed.length;
          mixed.splice(place + 1, 0, mixed[which % (place + 1)] as ReturnType<typeof beat>);
        }
        expect(standingAfter(...mixed)).to.deep.equal(standingAfter(...numbered));
      }),
    );
  });
});

describe("sessionProblem", () => {
  it("names the field that breaks a rule", () => {
    expect(sessionProblem(beat("a", -1n))).to.include({ field: "sequence" });
    expect(sessionProblem(beat("x".repeat(65), 1n))).to.include({ field: "session_id" });
    expect(sessionProblem(beat("😀".repeat(64), 1n))).to.equal(undefined);
  });
});
