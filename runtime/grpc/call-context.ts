import type { Metadata } from "@grpc/grpc-js";
import { type CloudEvent, carriesEvent, cloudEventOf } from "../component/cloud-event.ts";
import type { CallContext } from "../component/context.ts";
import type { AnswerOptions, TextHeaders } from "../component/effects.ts";
import type { Answered } from "../entity/unit.ts";
import { headersOf, requirePassedOn } from "./metadata.ts";

/** What all four call types of grpc-js have in common. */
export type ServerCall = {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: "cancelled", listener: () => void): unknown;
};

/** The context of a call; where the call can carry it, it takes what its answer brings along beside its messages. */
export type ServedContext = CallContext & Answered;

const none: readonly AnswerOptions[] = [];

/** The context of a gRPC call. What is costly to make is made when first asked for. */
export class GrpcCallContext implements ServedContext {
  private readonly call: ServerCall;
  private controller: AbortController | undefined;
  /** What the handlers have asked to go with the answer; several with a stream. */
  answers: readonly AnswerOptions[] = none;

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
    if (value === undefined) return undefined;
    return typeof value === "string" ? value : value.toString("base64");
  }

  get headers(): TextHeaders {
    return headersOf(this.call.metadata);
  }

  get cloudEvent(): CloudEvent | undefined {
    const { headers } = this;
    return carriesEvent(headers) ? cloudEventOf(headers, { id: "", source: "", type: "" }) : undefined;
  }

  answerWith(options: AnswerOptions): void {
    this.answers = [...this.answers, options];
  }

  checkAnswer({ headers, trailers }: AnswerOptions): void {
    requirePassedOn(headers);
    requirePassedOn(trailers);
  }

  now(): number {
    return Date.now();
  }
}
