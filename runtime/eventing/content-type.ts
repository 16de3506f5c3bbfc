/** How the payload of a record is to be read. */
export type PayloadFormat = "protobuf" | "json" | "text" | "bytes";

/** What a content type says of a payload. */
export type ContentType = {
  /** In lower case, without parameters; empty when the record tells none. */
  readonly media: string;
  readonly format: PayloadFormat;
  /** Full name of the message, where a parameter tells it. */
  readonly messageType: string | undefined;
  readonly charset: string | undefined;
};

export const protobufMedia = "application/protobuf";

const protobufMedias = new Set([protobufMedia, "application/x-protobuf", "application/vnd.google.protobuf"]);

const plain = { messageType: undefined, charset: undefined };
const protobuf: ContentType = { ...plain, media: protobufMedia, format: "protobuf" };
const untold: ContentType = { ...plain, media: "", format: "bytes" };

/** Reads a `content-type` header, such as `application/protobuf; proto=p.M`. What is not known is bytes. */
export const readContentType = (text: string | undefined): ContentType => {
  if (text === protobufMedia) return protobuf;
  if (text === undefined || text === "") return untold;
  const [essence = "", ...parameters] = text.split(";");
  const media = essence.trim().toLowerCase();
  const values = new Map(parameters.map(readParameter));
  const format = formatOf(media);
  const messageType = format === "protobuf" ? (values.get("proto") ?? values.get("messagetype")) : undefined;
  return { media, format, messageType, charset: values.get("charset") };
};

const readParameter = (text: string): readonly [name: string, value: string] => {
  const at = text.indexOf("=");
  const value = text.slice(at + 1).trim();
  return [text.slice(0, at).trim().toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
};

const formatOf = (media: string): PayloadFormat => {
  if (protobufMedias.has(media)) return "protobuf";
  if (media === "application/json" || /^application\/.+\+json$/.test(media)) return "json";
  return media.startsWith("text/") ? "text" : "bytes";
};
