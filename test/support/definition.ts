import type { MessageFns } from "../../runtime/codec.ts";

/** A method of a definition, as the generator writes it. */
export const unary = <I extends object, O extends object>(
  name: string,
  requestType: MessageFns<I>,
  responseType: MessageFns<O>,
) => ({ name, requestType, responseType, requestStream: false, responseStream: false, options: {} }) as const;

export const streamed = <I extends object, O extends object>(
  name: string,
  requestType: MessageFns<I>,
  responseType: MessageFns<O>,
) => ({ name, requestType, responseType, requestStream: false, responseStream: true, options: {} }) as const;
