export { type RecordingLog, recordingLog } from "../../runtime/testkit/recording-log.ts";
