import { randomUUID } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import { compileContract } from "../runtime/contract/compile.ts";
import { configOrExit } from "../runtime/run-service.ts";
import { loadDescriptors } from "./descriptors.ts";
import { exitCodeOf, say } from "./mesh/command.ts";
import { mistakesText } from "./mistakes-text.ts";
import { recordOf, type Wish } from "./publish-record.ts";
import { findWay } from "./publish-way.ts";

type Flags = {
  readonly protos?: string;
  readonly key?: string;
  readonly subject?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly rawOriginal: boolean;
};

/** One more `name=value`. */
const readHeader = (text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("A header is name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

const publish = async (wish: Wish, protos: string | undefined): Promise<number> => {
  const descriptors = await loadDescriptors(protos);
  if (descriptors.kind === "mistaken") {
    process.stdout.write(mistakesText(descriptors.mistakes, descriptors));
    return 1;
  }
  const { model } = compileContract(descriptors.bytes);
  const record = recordOf(model, wish, { id: randomUUID(), time: new Date() });
  const way = await findWay(configOrExit());
  await way.publish(record);
  const key = record.key === undefined ? "without a key" : `with key ${record.key}`;
  say(`Published a ${wish.type} of ${record.value?.length ?? 0} bytes ${key} to ${wish.topic}, through ${way.title}.`);
  return 0;
};

/** Adds `rollcall publish`. It exits with 0 when the record is durable, 1 when the log is away, 2 for a bad call. */
export const registerPublish = (program: Command): void => {
  program
    .command("publish")
    .description("publish a message to a topic, of rollcall run or of the mesh, whichever runs")
    .argument("<topic>", "such as users")
    .argument("<type>", "full name of the message type, such as presence.v1.UserPresenceState")
    .argument("<json>", "the message as JSON; fields in either spelling")
    .option(
      "--protos <path>",
      "a folder of .proto files or a descriptor set file; gen/ of this folder, else Rollcall's own, when left out",
    )
    .option("--key <key>", "of the record; the message's key fields when left out")
    .option("--subject <subject>", "of the event; the key when left out")
    .option("--header <name=value>", "one more header, or another value; may be given again", readHeader, {})
    .addOption(
      new Option("--raw-original", "without a key and with the headers of the original's kafka_message_generator.py")
        .default(false)
        .conflicts(["key", "subject"]),
    )
    .action(async (topic: string, type: string, json: string, flags: Flags) => {
      const { protos, key, subject, header: headers, rawOriginal: isOriginal } = flags;
      process.exitCode = await exitCodeOf(() =>
        publish({ topic, type, json, key, subject, headers, isOriginal }, protos),
      );
    });
};
