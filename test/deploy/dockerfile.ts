/** One instruction, its words apart. */
export type Instruction =
  | { readonly kind: "WORKDIR"; readonly path: string }
  | { readonly kind: "COPY"; readonly from: string | undefined; readonly sources: string[]; readonly target: string }
  | { readonly kind: "RUN"; readonly command: string }
  | { readonly kind: "ENV"; readonly name: string; readonly value: string }
  | { readonly kind: "USER"; readonly user: string }
  | { readonly kind: "EXPOSE"; readonly ports: readonly number[] }
  | { readonly kind: "ENTRYPOINT"; readonly words: readonly string[] }
  | { readonly kind: "CMD"; readonly words: readonly string[] };

export type Stage = { readonly image: string; readonly name: string; readonly instructions: readonly Instruction[] };

const instructionOf = (line: string): Instruction => {
  const [kind = "", ...words] = line.split(/\s+/);
  const rest = words.join(" ");
  switch (kind) {
    case "WORKDIR":
      return { kind, path: rest };
    case "COPY": {
      const from = /^--from=(.+)$/.exec(words[0] ?? "")?.[1];
      const paths = from === undefined ? words : words.slice(1);
      return { kind, from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
    }
    case "RUN":
      return { kind, command: rest };
    case "ENV": {
      const [name = "", value = ""] = rest.split("=");
      return { kind, name, value };
    }
    case "USER":
      return { kind, user: rest };
    case "EXPOSE":
      return { kind, ports: words.map(Number) };
    case "ENTRYPOINT":
    case "CMD":
      return { kind, words: JSON.parse(rest) as string[] };
    default:
      throw new Error(`the Dockerfile has ${kind}, which nobody here can follow: "${line}"`);
  }
};

/** The stages of a Dockerfile in the few instructions of ours. Throws on any other. */
export const parseDockerfile = (text: string): readonly Stage[] => {
  const stages: { image: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const stage = /^FROM (\S+)(?: AS (\S+))?$/.exec(line);
    if (stage) stages.push({ image: stage[1] ?? "", name: stage[2] ?? "", instructions: [] });
    else {
      const current = stages.at(-1);
      if (current === undefined) throw new Error(`the Dockerfile has "${line}" before any FROM`);
      current.instructions.push(instructionOf(line));
    }
  }
  return stages;
};

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("**/", "\0")
      .replaceAll("*", "[^/]*")
      .replaceAll("\0", "(?:.*/)?")}(?:/.*)?$`,
  );

/** Whether a .dockerignore leaves a file of the context out: the last line that fits it or a folder of it decides. */
export const createIgnore = (text: string): ((path: string) => boolean) => {
  const rules = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ ignores: !line.startsWith("!"), fits: pattern(line.replace(/^!/, "")) }));
  return (path) => rules.findLast(({ fits }) => fits.test(path))?.ignores ?? false;
};
