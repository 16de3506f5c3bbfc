import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../engines/project-root.ts";
import { variables } from "../../runtime/config.ts";
import { createIgnore, type Instruction, parseDockerfile, type Stage } from "./dockerfile.ts";
import { useManifests } from "./manifests.ts";

const file = (name: string): string => readFileSync(join(projectRoot(), name), "utf8");

describe("The Dockerfile", () => {
  const manifests = useManifests();
  const stages = parseDockerfile(file("Dockerfile"));
  const last = stages.at(-1) as Stage;
  const isIgnored = createIgnore(file(".dockerignore"));

  const of = <Kind extends Instruction["kind"]>(kind: Kind, { instructions }: Stage) =>
    instructions.filter((each): each is Extract<Instruction, { kind: Kind }> => each.kind === kind);

  it("copies files there are, and none that .dockerignore leaves out", () => {
    for (const { from, sources } of stages.flatMap((stage) => of("COPY", stage))) {
      for (const source of from === undefined ? sources : []) {
        expect(existsSync(join(projectRoot(), source)), source).to.equal(true);
        expect(isIgnored(source), source).to.equal(false);
      }
    }
  });

  it("is not sent data, engines, history or tests", () => {
    for (const path of [
      ".git/HEAD",
      ".engines/kafka",
      ".rollcall/rollcall.db",
      "node_modules/tsx",
      "test/run-all.ts",
    ]) {
      expect(isIgnored(path), path).to.equal(true);
    }
    expect(isIgnored("runtime/config.test.ts")).to.equal(true);
    expect(isIgnored("runtime/config.ts")).to.equal(false);
  });

  it("has one version of Node, which the package asks for", () => {
    const images = new Set(stages.map(({ image }) => image));
    expect(images.size).to.equal(1);
    const [, major, minor] = /^node:(\d+)\.(\d+)-/.exec([...images].join()) ?? [];
    const [, oldestMajor, oldestMinor] = /"node": ">=(\d+)\.(\d+)"/.exec(file("package.json")) ?? [];
    expect(major).to.equal(oldestMajor);
    expect(Number(minor)).to.be.at.least(Number(oldestMinor));
  });

  it("ends with the user that the pods have", () => {
    const [user] = of("USER", last);
    for (const { metadata, spec } of manifests.of("Deployment").filter(({ metadata }) => metadata.name !== "envoy")) {
      const { runAsUser, runAsGroup } = spec.template.spec.securityContext;
      expect(user?.user, metadata.name).to.equal(`${runAsUser}:${runAsGroup}`);
    }
  });

  it("runs Node on the main that it is given, on the ports of the services", () => {
    expect(of("ENTRYPOINT", last)[0]?.words).to.deep.equal(["node"]);
    const { heartbeatPort, statePort, viewPort } = variables;
    const ports = [heartbeatPort, statePort, viewPort].map((variable) => variable.default);
    expect(of("EXPOSE", last)[0]?.ports).to.deep.equal(ports);
  });

  it("runs nothing in the image that is shipped", () => {
    expect(of("RUN", last)).to.deep.equal([]);
  });
});
