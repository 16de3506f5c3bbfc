import { writeFileSync } from "node:fs";
import { configurationPage } from "../../runtime/config.ts";
import { errorsPage } from "../../runtime/errors-page.ts";

// Writes the pages of docs/ that are generated from tables in the code.
writeFileSync("docs/configuration.md", configurationPage());
writeFileSync("docs/errors.md", errorsPage());
