import { expect } from "chai";
import { isTemplate } from "./path-template.ts";

describe("a path template", () => {
  // What Envoy 1.40 said of each, asked with `--mode validate`.
  const taken = [
    "/",
    "/x/{id}:v",
    "/x/%20",
    "/x/é",
    "/x/{id=a/b}",
    "/x/{id=a/*}:v",
    "/x/*/{id}",
    "/x/**",
    "/x/**/y",
    "/x/a*",
    "/x/$a-b_c.~!@','(;)+=&",
    "/{sub.id}",
    "/x/{id=**/y}",
    "/{id=**}:v",
  ];
  const refused = [
    "",
    "x",
    "/x/{id}/",
    "/x/{id}?a=b",
    "//x",
    "/x//y",
    "/x/{id}:v:w",
    "/x:v/{id}",
    "/x/{id=}",
    "/x/{}",
    "/{id=**}/{sub.id=**}",
    "/{id=**}/{sub.id}",
    "/x/{id=a/{sub.id}}",
    "/:v",
    "/x/{id.}",
    "/x/pre{id}",
    "/x/{id}post",
    "/x/{id=/a}",
    "/x/{id}.json",
    "/x/a}",
    "/x/{id=*}/",
    "/x/:v",
    "/x/{id}:",
    "/x/{id=a:b}",
  ];

  for (const path of taken) it(`may be ${path}`, () => expect(isTemplate(path)).to.equal(true));
  for (const path of refused) it(`may not be "${path}"`, () => expect(isTemplate(path)).to.equal(false));
});
