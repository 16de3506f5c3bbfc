import type { Application } from "../runtime/component/application.ts";
import type { Model } from "../runtime/contract/model.ts";
import { columns } from "./columns.ts";

export type Addresses = {
  readonly host: string;
  /** `undefined` when REST is off. */
  readonly restPort: number | undefined;
  readonly services: { readonly heartbeat: number; readonly state: number; readonly view: number };
};

const addressOf = (host: string): string => (host === "0.0.0.0" ? "127.0.0.1" : host);

/** What is up, with its REST address. */
const heading = (what: string, host: string, restPort: number | undefined, ports: string): string => {
  if (restPort === undefined) return `${what} is up. ${ports}\nREST is off; the log above says why.\n`;
  return `${what} is up. REST, gRPC and gRPC-Web: ${restAddress(host, restPort)}\n${ports}\n`;
};

const restAddress = (host: string, port: number): string => {
  const address = addressOf(host);
  return `http://${address === "127.0.0.1" ? "localhost" : address}:${port}`;
};

/** What a started mesh says: where it listens, and the first calls to make. */
export const whatToTry = ({ host, restPort, services }: Addresses): string => {
  const address = addressOf(host);
  const ports = `gRPC: heartbeat-svc ${address}:${services.heartbeat}, state-svc ${address}:${services.state}, view-svc ${address}:${services.view}`;
  const head = heading("Rollcall", host, restPort, ports);
  if (restPort === undefined) return head;
  const rest = restAddress(host, restPort);
  return `${head}
Try:
  curl -X PUT ${rest}/users/myuser/devices/mydevice/heartbeat -d '{"is_online": true, "profile": {"attr1": "test", "attr2": "test"}}'
  curl ${rest}/users/myuser/devices/mydevice
  curl ${rest}/users
`;
};

type Listening = { readonly host: string; readonly restPort: number | undefined; readonly port: number };

/** What any other application says: where it listens, and its REST routes. */
export const whereItListens = (
  { name, components }: Application,
  model: Model,
  { host, restPort, port }: Listening,
): string => {
  const head = heading(name, host, restPort, `gRPC: ${addressOf(host)}:${port}, with health and reflection`);
  const methods = components.flatMap(({ definition }) => model.services.get(definition.fullName)?.methods ?? []);
  const routes = methods.flatMap((method) => method.http.map(({ verb, path }) => [verb, path, method.path.slice(1)]));
  if (restPort === undefined || routes.length === 0) return head;
  return `${head}\n${columns(routes).join("\n")}\n`;
};
