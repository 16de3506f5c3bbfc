export type Addresses = {
  readonly host: string;
  /** `undefined` when REST is off. */
  readonly restPort: number | undefined;
  readonly services: { readonly heartbeat: number; readonly state: number; readonly view: number };
};

/** What a started mesh says: where it listens, and the first calls to make. */
export const whatToTry = ({ host, restPort, services }: Addresses): string => {
  const address = host === "0.0.0.0" ? "127.0.0.1" : host;
  const ports = `gRPC: heartbeat-svc ${address}:${services.heartbeat}, state-svc ${address}:${services.state}, view-svc ${address}:${services.view}`;
  if (restPort === undefined) return `Rollcall is up. ${ports}\nREST is off; the log above says why.\n`;
  const rest = `http://${address === "127.0.0.1" ? "localhost" : address}:${restPort}`;
  return `Rollcall is up. REST, gRPC and gRPC-Web: ${rest}
${ports}

Try:
  curl -X PUT ${rest}/users/myuser/devices/mydevice/heartbeat -d '{"is_online": true, "profile": {"attr1": "test", "attr2": "test"}}'
  curl ${rest}/users/myuser/devices/mydevice
  curl ${rest}/users
`;
};
