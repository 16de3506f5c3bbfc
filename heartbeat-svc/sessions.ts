import type { PresenceHeartbeatCommand } from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import type { Heartbeat, Session } from "../gen/presence/v1/presence.ts";

const maxSessions = 8;
const maxIdCharacters = 64;

type Said = Pick<PresenceHeartbeatCommand, "is_online" | "session_id" | "sequence">;
type Standing = Pick<Heartbeat, "is_online" | "sessions">;

/** What a heartbeat makes of its device's presence. */
export type Presence =
  /** A later heartbeat of its session was taken before it. */
  | { readonly kind: "late" }
  | {
      readonly kind: "taken";
      /** Whether any session is left; a client without sessions speaks for the whole device. */
      readonly is_online: boolean;
      readonly sessions: Session[];
      /** Every replica must know of it, even where the device is what it was before. */
      readonly isNews: boolean;
    };

/** What is wrong with the numbers of a heartbeat, by field. */
export const sessionProblem = ({
  session_id,
  sequence,
}: Said): { readonly field: string; readonly description: string } | undefined => {
  if (sequence < 0n) return { field: "sequence", description: "is below zero; it counts heartbeats from 1" };
  // Most are short: as units of UTF-16, which are never fewer than characters.
  if (session_id.length <= maxIdCharacters || [...session_id].length <= maxIdCharacters) return undefined;
  return { field: "session_id", description: `has more than ${maxIdCharacters} characters` };
};

/** The sessions after one more heartbeat. Pure, so that every replica comes to the same. */
export const presenceAfter = (command: Said, { is_online, sessions }: Standing): Presence => {
  const { session_id, sequence } = command;
  if (session_id === "" && sequence === 0n) return wholeDevice(command, sessions);
  const before = sessions.find((session) => session.session_id === session_id);
  const last = before?.sequence ?? 0n;
  if (sequence > 0n && sequence <= last) return { kind: "late" };
  const after = { session_id, sequence: sequence > last ? sequence : last, is_online: command.is_online };
  const others = sessions.filter((session) => session !== before);
  // A leave said again is written when a heartbeat between the two may still be on its way: it would undo the leave.
  const mayBeUndone = !command.is_online && sequence > last + 1n;
  const isNews = before?.is_online !== command.is_online || mayBeUndone;
  return {
    kind: "taken",
    is_online: command.is_online || (is_online && others.some((session) => session.is_online)),
    sessions: isNews ? bounded([...others, after]) : [...others, after],
    isNews,
  };
};

/** Speaks for all: its leave ends every session, and none of their earlier heartbeats undoes it. */
const wholeDevice = (command: Said, sessions: Session[]): Presence => {
  const isNews = !command.is_online && sessions.some((session) => session.is_online);
  return {
    kind: "taken",
    is_online: command.is_online,
    sessions: isNews ? sessions.map((session) => ({ ...session, is_online: false })) : sessions,
    isNews,
  };
};

/** What has ended is forgotten first, then what was silent longest. */
const bounded = (sessions: Session[]): Session[] => {
  if (sessions.length <= maxSessions) return sessions;
  const ended = sessions.findIndex((session) => !session.is_online);
  return sessions.toSpliced(ended === -1 || ended === sessions.length - 1 ? 0 : ended, 1);
};
