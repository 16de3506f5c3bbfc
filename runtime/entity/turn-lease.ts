import type { ClientOrder, Lease, LeaseTerms, LeaseWish } from "../component/lease.ts";
import type { HostLeases } from "./host.ts";
import type { Turn } from "./unit.ts";

/** A handler's view of its key's lease; what it does goes with the record of its change, if there is one. */
export class TurnLease implements Lease {
  private readonly leases: HostLeases;
  private readonly turn: Turn;

  constructor(leases: HostLeases, turn: Turn) {
    this.leases = leases;
    this.turn = turn;
  }

  get cause(): Lease["cause"] {
    return this.turn.duty?.cause;
  }
  get lastBeatAt(): number | undefined {
    return this.turn.duty?.lastBeatAt;
  }
  extend(wish: LeaseWish & ClientOrder): LeaseTerms {
    const { terms, mark } = this.leases.grant(this.turn.key.text, wish);
    this.turn.mark = mark;
    return terms;
  }
  end(order: ClientOrder): void {
    this.turn.mark = this.leases.end(order);
  }
  isOld(order: ClientOrder): boolean {
    return this.leases.isOld(this.turn.key.text, order);
  }
}
