import { createHash } from "node:crypto";
import { encodeMessage, type Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import type { MessageType } from "../../ports.ts";
import type { Position } from "./watcher.ts";

/** What a request asks for, as a short text: the same method and fields, whatever token it brings. */
export const requestKeyOf = (method: string, type: MessageType, request: Message): string => {
  const asked = type.fromPartial({ ...request, resume_token: "" });
  return createHash("sha256").update(`${method}\0`).update(encodeMessage(type, asked)).digest("base64url").slice(0, 16);
};

/** A token for a place in a stream, good for the same request only. */
export const resumeToken = ({ epoch, order }: Position, requestKey: string): string =>
  `${epoch}.${order}.${requestKey}`;

/** The place of a token; `undefined` for none. Throws INVALID_RESUME_TOKEN. */
export const readResumeToken = (token: string, requestKey: string): Position | undefined => {
  if (token === "") return undefined;
  const [, epoch, order, key] = /^([a-z0-9]{1,32})\.(\d{1,19})\.([\w-]{16})$/.exec(token) ?? [];
  if (epoch === undefined || order === undefined) {
    throw invalid("is no token of a live query; send one as it was received");
  }
  if (key !== requestKey) throw invalid("belongs to another query or other parameters; send none to begin anew");
  return { epoch, order: BigInt(order) };
};

const invalid = (fault: string): MeshError =>
  new MeshError("INVALID_RESUME_TOKEN", `resume_token ${fault}`, {
    fields: [{ field: "resume_token", description: fault }],
  });
