import { Client, credentials } from "@grpc/grpc-js";
import { impatient, readyWithinMs } from "../../runtime/testkit/channel.ts";

export { connectTo } from "../../runtime/testkit/channel.ts";

/** A client that is connected, for calls with bytes of the test's own making. */
export const connectRaw = async (address: string): Promise<Client> => {
  const client = new Client(address, credentials.createInsecure(), impatient);
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + readyWithinMs, (error) => (error === undefined ? resolve() : reject(error)));
  });
  return client;
};
