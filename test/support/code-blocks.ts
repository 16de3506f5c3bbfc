/** A fenced block of a page: what its fence says after the language, such as a file's name, and its text. */
export type CodeBlock = { readonly language: string; readonly title: string; readonly text: string };

export const codeBlocks = (page: string): readonly CodeBlock[] =>
  [...page.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(([, language = "", title = "", text = ""]) => ({
    language,
    title,
    text,
  }));

/** A command of a page, after `$ `, and what the page says that it prints. */
export type ShownCommand = { readonly command: string; readonly output: string };

export const commandsIn = (text: string): readonly ShownCommand[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [, command = "", output = ""] = /^((?:.*\\\n)*.*)\n([\s\S]*)$/.exec(part) ?? [];
      return { command, output: output.trim() };
    });
