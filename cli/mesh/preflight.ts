import { EngineError } from "../../engines/engine-error.ts";
import { installEnvoy } from "../../engines/envoy/install.ts";
import { installKafka } from "../../engines/kafka/install.ts";
import { findJava } from "../../engines/kafka/java.ts";
import { isTaken } from "../../engines/kafka/probe.ts";
import { installMongod } from "../../engines/mongodb/install.ts";
import type { EngineName } from "./parts.ts";

const installs: Readonly<Record<EngineName, () => Promise<unknown>>> = {
  kafka: () => findJava().then(() => installKafka()),
  mongodb: () => installMongod(),
  envoy: () => installEnvoy(),
};

/** Installs an engine that is missing. Throws `EngineError` naming the tool that it takes. */
export const install = async (part: EngineName): Promise<void> => {
  await installs[part]();
};

/** Throws PORT_IN_USE with the variable that moves the port; told before anything is started. */
export const checkPort = async (port: number, variable: string): Promise<void> => {
  if (port === 0 || !(await isTaken(port))) return;
  throw new EngineError("PORT_IN_USE", `Port ${port} is taken: stop that process, or set ${variable} to a free port.`);
};
