import type { ChannelOptions } from "@grpc/grpc-js";
import { type Channel, createChannel, waitForChannelReady } from "nice-grpc";

export const readyWithinMs = 60_000;

/** A first connection may fail on a busy machine: the next one is tried soon. */
export const impatient: ChannelOptions = {
  "grpc.initial_reconnect_backoff_ms": 20,
  "grpc.max_reconnect_backoff_ms": 200,
  "grpc.min_reconnect_backoff_ms": 20,
};

/**
 * A channel that is connected. Every client begins with one: a call on a channel that still connects ends
 * as UNAVAILABLE when the first try fails, which says nothing about the service.
 */
export const connectTo = async (address: string, options: ChannelOptions = {}): Promise<Channel> => {
  const channel = createChannel(address, undefined, { ...impatient, ...options });
  try {
    await waitForChannelReady(channel, new Date(Date.now() + readyWithinMs));
    return channel;
  } catch (error) {
    channel.close();
    throw error;
  }
};
