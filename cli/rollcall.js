#!/usr/bin/env node
// The command, from its sources: it reads those of the service that it is to run as well.
import "./register.js";

await import("./main.ts");
