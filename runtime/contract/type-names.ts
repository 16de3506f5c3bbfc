import type { DescMessage, Registry } from "@bufbuild/protobuf";

/** Packages from the innermost out to none: `a.b` gives `a.b`, `a` and the empty one. */
const scopesOf = (scope: string): readonly string[] =>
  scope === "" ? [""] : [scope, ...scopesOf(scope.split(".").slice(0, -1).join("."))];

/**
 * The message a name means inside a package: relative to it or to a package around it. With a leading dot it is a full
 * one or, as the original's generators read it, goes on from the package.
 */
export const resolveType = (registry: Registry, scope: string, name: string): DescMessage | undefined => {
  if (name.startsWith(".")) return registry.getMessage(name.slice(1)) ?? registry.getMessage(`${scope}${name}`);
  for (const each of scopesOf(scope)) {
    const message = registry.getMessage(each === "" ? name : `${each}.${name}`);
    if (message) return message;
  }
  return undefined;
};

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** The candidate that was probably meant: the same last part, else a few letters away. */
export const nearestName = (name: string, candidates: Iterable<string>): string | undefined => {
  const wanted = lastPart(name);
  const bound = Math.max(2, Math.floor(wanted.length / 4));
  const ranked = [...candidates]
    .map((candidate) => ({
      candidate,
      near: distance(wanted.toLowerCase(), lastPart(candidate).toLowerCase()),
      whole: distance(name, candidate),
    }))
    .filter(({ near }) => near <= bound)
    .sort((a, b) => a.near - b.near || a.whole - b.whole);
  return ranked[0]?.candidate;
};

/** A sentence for a remedy, or nothing when no candidate is near. */
export const didYouMean = (name: string, candidates: Iterable<string>): string => {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : `Did you mean "${nearest}"? `;
};
