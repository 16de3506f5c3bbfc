import { BinaryReader } from "@bufbuild/protobuf/wire";

const fatalText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decodeText = (bytes: Uint8Array): string => fatalText.decode(bytes);

const slots = 4096;
const longest = 32;
/** The last ASCII text that fell into each slot; there is no list to search or to bound. */
const recent: (string | undefined)[] = new Array(slots).fill(undefined);

/**
 * Reads texts, and throws on invalid UTF-8. Most texts of a service are a few, said again and again: one that was read
 * lately is the same string, which costs no memory, and next to nothing to look up and to compare.
 */
export class TextReader extends BinaryReader {
  private readonly source: Uint8Array;

  constructor(source: Uint8Array) {
    super(source, decodeText);
    this.source = source;
  }

  override string(): string {
    const from = this.pos;
    const length = this.uint32();
    const start = this.pos;
    const { source } = this;
    if (length === 0) return "";
    if (length > longest || start + length > source.length) return this.stringAt(from);
    let hash = 0;
    for (let i = start; i < start + length; i++) hash = (hash * 31 + (source[i] as number)) | 0;
    const slot = hash & (slots - 1);
    const known = recent[slot];
    if (known !== undefined && known.length === length && isAt(source, start, known)) {
      this.pos = start + length;
      return known;
    }
    const text = this.stringAt(from);
    // As many characters as bytes: all of it is ASCII, whose bytes are its characters.
    if (text.length === length) recent[slot] = text;
    return text;
  }

  private stringAt(position: number): string {
    this.pos = position;
    return super.string();
  }
}

const isAt = (bytes: Uint8Array, start: number, ascii: string): boolean => {
  for (let i = 0; i < ascii.length; i++) if (ascii.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
};
