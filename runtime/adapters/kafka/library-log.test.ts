import { expect } from "chai";
import { logLevel } from "kafkajs";
import { recordingLog } from "../../../test/support/recording-log.ts";
import { libraryLog } from "./library-log.ts";

describe("libraryLog", () => {
  const levelOf = (level: logLevel, message: string): string | undefined => {
    const log = recordingLog();
    const entry = { namespace: "Connection", level, label: "", log: { message, timestamp: "", logger: "kafkajs" } };
    libraryLog(log)(level)(entry);
    return log.lines[0]?.level;
  };

  it("keeps what is thrown or tried again out of the way, and warns of what nobody else is told", () => {
    expect(levelOf(logLevel.ERROR, "Response Metadata(key: 3, version: 6)")).to.equal("debug");
    expect(levelOf(logLevel.WARN, "Limiting retries for the idempotent producer …")).to.equal("debug");
    expect(levelOf(logLevel.INFO, "Consumer has joined the group")).to.equal("debug");
    expect(levelOf(logLevel.ERROR, "Offset out of range, resetting to default offset")).to.equal("warn");
  });
});
