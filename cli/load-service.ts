import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Application } from "../runtime/component/application.ts";
import { BadCall } from "./bad-call.ts";

/** Makes an application of its descriptor set; what `service.ts` of a service's folder exports as `service`. */
export type Service = (descriptors: Uint8Array) => Application;

/** The application in a folder: `service.ts`, over `gen/descriptors.binpb`. Throws `BadCall` when one is missing. */
export const loadService = async (folder: string): Promise<Application> => {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new BadCall(`there is no folder "${folder}".`);
  const service = await importService(folder);
  const descriptors = await readFile(path.join(folder, "gen", "descriptors.binpb")).catch(() => undefined);
  if (descriptors === undefined) {
    throw new BadCall(`"${folder}" has no gen/descriptors.binpb; make it with rollcall gen ${folder}.`);
  }
  return service(descriptors);
};

const importService = async (folder: string): Promise<Service> => {
  for (const name of ["service.ts", "service.js"]) {
    const file = path.resolve(folder, name);
    if ((await stat(file).catch(() => undefined)) === undefined) continue;
    const { service }: { service?: unknown } = await import(pathToFileURL(file).href);
    if (isService(service)) return service;
    throw new BadCall(`"${file}" exports no function "service", which makes an Application of a descriptor set.`);
  }
  throw new BadCall(`"${folder}" has no service.ts; rollcall init shows what stands in one.`);
};

const isService = (value: unknown): value is Service => typeof value === "function";
