/** What the generated code gives for google.protobuf.Timestamp. */
export type Timestamp = { readonly seconds: bigint; readonly nanos: number };

const first = -62_135_596_800n;
const last = 253_402_300_799n;

/**
 * Fixed-width RFC 3339 with nine decimals, which sorts by bytes as it does by time; `undefined` outside of
 * the years 1 to 9999.
 */
export const timestampText = ({ seconds, nanos }: Timestamp): string | undefined => {
  if (seconds < first || seconds > last || !(nanos >= 0 && nanos <= 999_999_999)) return undefined;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanos).padStart(9, "0")}Z`;
};

const pattern = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/** The instant of an RFC 3339 text with a zone; `undefined` when it is none. */
export const parseTimestamp = (text: string): Timestamp | undefined => {
  const [, day, time, fraction = "", zone] = pattern.exec(text) ?? [];
  if (day === undefined || time === undefined || zone === undefined) return undefined;
  const local = Date.parse(`${day}T${time}Z`);
  // Date.parse takes February 30 for March 1 or 2: such a day does not come back as it was written.
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(`${day}T${time}`)) return undefined;
  const millis = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(millis)) return undefined;
  const timestamp = { seconds: BigInt(millis / 1000), nanos: Number(fraction.padEnd(9, "0")) };
  return timestampText(timestamp) === undefined ? undefined : timestamp;
};
