import type { ForgetDeviceCommand } from "../gen/presence/state/v1/state_api.ts";
import type { CallContext } from "../runtime/component/context.ts";
import { keyParts } from "../runtime/entity/key.ts";
import { versionOf } from "../runtime/eventing/envelope.ts";

/** The device that a tombstone is about, and the version it ends; one that tells none ends whatever there is. */
export const forgottenDevice = (context: CallContext): ForgetDeviceCommand => {
  const [user_id = "", device_id = ""] = keyParts(context.header("ce_subject") ?? "");
  return { user_id, device_id, version: versionOf(context.header("ce_sequence")) ?? 0n };
};
