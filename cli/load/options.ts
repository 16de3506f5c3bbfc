import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = { ms: 1, "": 1000, s: 1000, m: 60_000 };

/** Milliseconds of a text such as `500ms`, `30s`, `2m`; a bare number is seconds. */
export const readDuration = (text: string): number => {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("A duration is a number with ms, s or m, such as 30s.");
  return Number(number) * (units[unit] as number);
};

/** The share that a text such as `1%` or `0.01` names. */
export const readShare = (text: string): number => {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%)?$/.exec(text) ?? [];
  const share = Number(number) / (percent === undefined ? 1 : 100);
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError("A share is a percentage such as 1%, or a number from 0 to 1.");
};

/** A whole number of at least 1. */
export const readCount = (text: string): number => {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("It is a whole number of at least 1.");
};

/** A whole number. */
export const readSeed = (text: string): number => {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && text.trim() !== "") return seed;
  throw new InvalidArgumentError("A seed is a whole number.");
};

/** `host:port`. */
export const readAddress = (text: string): string => {
  if (/^\S+:\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError("An address is host:port, such as 127.0.0.1:50051.");
};

/** The address of a REST face. */
export const readBase = (text: string): string => {
  if (/^http:\/\/[^\s/]+\/?$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("The base is a plain HTTP address without a path, such as http://127.0.0.1:8080.");
};
