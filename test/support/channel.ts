import { type ChannelOptions, Client, credentials } from "@grpc/grpc-js";
import { type Channel, createChannel, waitForChannelReady } from "nice-grpc";

const readyWithinMs = 60_000;

/** A first connection may fail on a busy machine: the next one is tried soon. */
const impatient: ChannelOptions = {
  "grpc.initial_reconnect_backoff_ms": 20,
  "grpc.max_reconnect_backoff_ms": 200,
  "grpc.min_reconnect_backoff_ms": 20,
};

/**
 * A channel that is connected. Every client of a test begins with one: a call on a channel that still connects ends
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

/** The same for calls with bytes of the test's own making. */
export const connectRaw = async (address: string): Promise<Client> => {
  const client = new Client(address, credentials.createInsecure(), impatient);
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + readyWithinMs, (error) => (error === undefined ? resolve() : reject(error)));
  });
  return client;
};
