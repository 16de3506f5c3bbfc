import { counterTs, mainTs, serviceTest, serviceTs } from "./service-code.ts";
import { countersProto } from "./service-proto.ts";

export type NewService = {
  /** Lower-case words joined by hyphens: of the folder, the package and the service. */
  readonly name: string;
  /** Where the package `rollcall` is, as npm takes it. */
  readonly rollcall: string;
};

/** The files of a new service, by their paths in its folder; `gen/` is made of them. */
export const serviceFiles = ({ name, rollcall }: NewService): Readonly<Record<string, string>> => {
  const scope = name.replaceAll("-", "_");
  return {
    "package.json": json({
      name,
      private: true,
      type: "module",
      scripts: {
        check: "rollcall check proto",
        gen: "rollcall gen",
        start: "rollcall run .",
        test: "node --import rollcall/register --test service.test.ts",
      },
      dependencies: { rollcall },
    }),
    "tsconfig.json": tsconfig,
    ".gitignore": "node_modules/\n.rollcall/\n",
    "README.md": readme(name),
    [`proto/${scope}/v1/counters.proto`]: countersProto(scope),
    "counter.ts": counterTs(scope),
    "service.ts": serviceTs(name, scope),
    "main.ts": mainTs,
    "service.test.ts": serviceTest(scope),
  };
};

/** The compiler reads the package's sources as well, so it has to read them as the package does. */
const tsconfig = `{
  "extends": "./node_modules/rollcall/tsconfig.json",
  "compilerOptions": {
    "typeRoots": ["./node_modules/rollcall/node_modules/@types"],
    "types": ["node"]
  },
  "include": ["*.ts", "gen"]
}
`;

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

const readme = (name: string): string => `# ${name}

Counters, and a view of those that are high enough: what \`rollcall init\` writes, to be changed into what you need.

- \`proto/\` is the contract: an entity, a view, their REST routes. After a change: \`npm run gen\`.
- \`counter.ts\` has the entity's handlers; the view needs none. \`service.ts\` lists the components.
- \`npm test\` tests it, \`npm start\` starts it with Envoy in front; \`main.ts\` is the service alone, for a container.
`;
