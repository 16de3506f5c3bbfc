import type { DescField, DescFile, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { Location } from "./model.ts";

/** What carries options: anything an annotation can stand on. */
export type OptionHolder = DescFile | DescMessage | DescField | DescService | DescMethod;

// Field numbers of descriptor.proto, of which the paths of SourceCodeInfo are made.
const PACKAGE = 2;
const NAME = 1;
const TOP_MESSAGE = 4;
const NESTED_MESSAGE = 3;
const FIELD = 2;
const SERVICE = 6;
const METHOD = 2;
const OPTIONS = { file: 8, message: 7, field: 8, service: 3, rpc: 4 } as const;

type Path = readonly number[];

const messagePath = (message: DescMessage): Path =>
  message.parent
    ? [...messagePath(message.parent), NESTED_MESSAGE, message.parent.proto.nestedType.indexOf(message.proto)]
    : [TOP_MESSAGE, message.file.proto.messageType.indexOf(message.proto)];

const servicePath = (service: DescService): Path => [SERVICE, service.file.proto.service.indexOf(service.proto)];

const elementPath = (desc: OptionHolder): Path => {
  switch (desc.kind) {
    case "file":
      return [];
    case "message":
      return messagePath(desc);
    case "field":
      return [...messagePath(desc.parent), FIELD, desc.parent.proto.field.indexOf(desc.proto)];
    case "service":
      return servicePath(desc);
    case "rpc":
      return [...servicePath(desc.parent), METHOD, desc.parent.proto.method.indexOf(desc.proto)];
  }
};

const fileOf = (desc: OptionHolder): DescFile => {
  switch (desc.kind) {
    case "file":
      return desc;
    case "field":
    case "rpc":
      return desc.parent.file;
    default:
      return desc.file;
  }
};

const startsWith = (path: Path, prefix: Path): boolean => prefix.every((step, index) => path[index] === step);

/**
 * Where an element's name stands or, with the numbers of an option, where that option is set: the
 * option itself, else what is set inside it, else the nearest option around it, else the name.
 * Line and column are 1 for a set that was built without source information.
 */
export const locationOf = (desc: OptionHolder, option: Path = []): Location => {
  const file = fileOf(desc);
  const places = file.proto.sourceCodeInfo?.location ?? [];
  const element = elementPath(desc);
  const find = (path: Path) =>
    places.find((place) => place.path.length === path.length && startsWith(place.path, path));
  const nearest = (): ReturnType<typeof find> => {
    const wanted = [...element, OPTIONS[desc.kind], ...option];
    const within = find(wanted) ?? places.find((place) => startsWith(place.path, wanted));
    if (within) return within;
    // Not shorter than the extension's number: several `option` statements share what is above it.
    for (let length = wanted.length - 1; length >= element.length + 2; length--) {
      const around = find(wanted.slice(0, length));
      if (around) return around;
    }
    return undefined;
  };
  const place =
    (option.length > 0 ? nearest() : undefined) ??
    find([...element, desc.kind === "file" ? PACKAGE : NAME]) ??
    find(element);
  const [line = 0, column = 0] = place?.span ?? [];
  return { file: file.proto.name, line: line + 1, column: column + 1 };
};
