// heartbeat-svc's register on the embedded store, filled with devices: what one of them costs in memory.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HeartbeatBatchRequest, type HeartbeatBatchResponse } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { decodeMessage, encodeMessage } from "../../runtime/codec.ts";
import { commandOf } from "../heartbeats.ts";
import { answerParent } from "./answer-parent.ts";
import { openRegister } from "./open-register.ts";

const inBatch = 1000;
const register = await openRegister();
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of the heap that are in use, with what lies beside it; SQLite's own are not among them. */
const memory = (): number => {
  for (let i = 0; i < 3; i += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Sends the first heartbeats of these devices, each decoded from bytes of its own as it would come by gRPC. */
const join = async ({ from, to }: { readonly from: number; readonly to: number }): Promise<void> => {
  for (let first = from; first < to; first += inBatch) {
    const heartbeats = Array.from({ length: Math.min(inBatch, to - first) }, (_, i) => commandOf(first + i, 0n));
    const request = encodeMessage(HeartbeatBatchRequest, { heartbeats });
    const reply = await register.call("HeartbeatBatch", decodeMessage(HeartbeatBatchRequest, request));
    for (const { result } of (reply as HeartbeatBatchResponse).results) {
      if (result?.$case !== "heartbeat") throw new Error(result?.value.message);
      if (!result.value.is_modified) throw new Error("a device has joined before");
    }
  }
};

answerParent({ memory, join });
