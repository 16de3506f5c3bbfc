import type { Metadata } from "@grpc/grpc-js";
import type { CallContext } from "../component/context.ts";

/** What all four call types of grpc-js have in common. */
export type ServerCall = {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: "cancelled", listener: () => void): unknown;
};

/** The context of a gRPC call. What is costly to make is made when first asked for. */
export class GrpcCallContext implements CallContext {
  private readonly call: ServerCall;
  private controller: AbortController | undefined;

  constructor(call: ServerCall) {
    this.call = call;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      const controller = new AbortController();
      if (this.call.cancelled) controller.abort();
      else this.call.once("cancelled", () => controller.abort());
      this.controller = controller;
    }
    return this.controller.signal;
  }

  get deadline(): number | undefined {
    const deadline = Number(this.call.getDeadline());
    return Number.isFinite(deadline) ? deadline : undefined;
  }

  get isCancelled(): boolean {
    return this.call.cancelled;
  }

  header(name: string): string | undefined {
    const value = this.call.metadata.get(name)[0];
    return value === undefined ? undefined : value.toString();
  }

  now(): number {
    return Date.now();
  }
}
