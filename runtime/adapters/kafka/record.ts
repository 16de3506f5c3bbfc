import type { IHeaders, KafkaMessage } from "kafkajs";
import type { LogRecord } from "../../ports.ts";

const textOf = (value: IHeaders[string]): string => {
  // Kafka allows a header twice; the last one counts.
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? "" : last.toString();
};

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

const areTexts = (headers: IHeaders): headers is Record<string, string> => {
  for (const name in headers) if (typeof headers[name] !== "string") return false;
  return true;
};

/** Ours decode to text, and are taken as they are. */
const headersOf = (headers: IHeaders | undefined): Readonly<Record<string, string>> => {
  if (headers === undefined) return noHeaders;
  if (areTexts(headers)) return headers;
  const texts: Record<string, string> = {};
  for (const name of Object.keys(headers)) texts[name] = textOf(headers[name]);
  return texts;
};

/** What the port promises of a record, from what kafkajs decodes. */
export const toLogRecord = (
  topic: string,
  partition: number,
  { offset, key, value, headers, timestamp }: Pick<KafkaMessage, "offset" | "key" | "value" | "headers" | "timestamp">,
): LogRecord => ({
  topic,
  partition,
  offset: BigInt(offset),
  key: key?.toString(),
  value,
  headers: headersOf(headers),
  timestamp: Number(timestamp),
});
