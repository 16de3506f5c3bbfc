import type { Lease } from "../component/lease.ts";
import type { HostLeases } from "./host.ts";
import type { Turn } from "./unit.ts";

/** A handler's view of its key's lease; what it does goes with the record of its change, if there is one. */
export const createTurnLease = (leases: HostLeases, turn: Turn): Lease => ({
  cause: turn.duty?.cause,
  lastBeatAt: turn.duty?.lastBeatAt,
  extend(wish) {
    const { terms, mark } = leases.grant(turn.key.text, wish);
    turn.mark = mark;
    return terms;
  },
  end(order) {
    turn.mark = leases.end(order);
  },
  isOld: (order) => leases.isOld(turn.key.text, order),
});
