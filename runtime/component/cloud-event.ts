import type { TextHeaders } from "./effects.ts";

/** The attributes of a CloudEvent by their names, such as `subject`; extensions among them. */
export type CloudEvent = {
  readonly id: string;
  readonly source: string;
  readonly specversion: string;
  /** Full name of the message type. */
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly [extension: string]: string | undefined;
};

const attribute = /^ce[-_](.+)$/i;

/** The attributes among some headers, in either spelling. The required ones that are missing are `defaults`. */
export const cloudEventOf = (
  headers: TextHeaders,
  defaults: { readonly id: string; readonly source: string; readonly type: string },
): CloudEvent => {
  const attributes: Record<string, string> = { specversion: "1.0", ...defaults };
  for (const [name, value] of Object.entries(headers)) {
    const found = attribute.exec(name)?.[1];
    if (found !== undefined) attributes[found.toLowerCase()] = value;
    else if (name.toLowerCase() === "content-type") attributes.datacontenttype ??= value;
  }
  return { ...defaults, specversion: "1.0", ...attributes };
};

/** Whether headers carry an event at all. */
export const carriesEvent = (headers: TextHeaders): boolean =>
  Object.keys(headers).some((name) => /^ce[-_]type$/i.test(name));
