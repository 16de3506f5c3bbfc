/** One of the brokers, each of which is a controller too. */
export type NodeConfig = {
  readonly id: number;
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  /** A second listener, and the port it is advertised with: what stands between is the caller's. */
  readonly proxied?: { readonly port: number; readonly advertisedPort: number };
  /** Settings of server.properties to add or to replace. */
  readonly settings?: Readonly<Record<string, string>>;
};

const host = "127.0.0.1";

/** Nobody waits for news of the only broker: half of what it costs while nothing happens is left out. */
const aloneSettings = { "broker.heartbeat.interval.ms": "1000", "metadata.max.idle.interval.ms": "0" };

/** server.properties of one of `nodes`, for a cluster on this machine: small, quick to start, no topic by accident. */
export const serverProperties = (node: NodeConfig, nodes: readonly NodeConfig[]): string => {
  const copies = String(nodes.length);
  const inSync = nodes.length > 1 ? "2" : "1";
  const listeners = [`PLAINTEXT://${host}:${node.port}`];
  const advertised = [`PLAINTEXT://${host}:${node.port}`];
  if (node.proxied !== undefined) {
    listeners.push(`PROXIED://${host}:${node.proxied.port}`);
    advertised.push(`PROXIED://${host}:${node.proxied.advertisedPort}`);
  }
  const entries: Readonly<Record<string, string>> = {
    "process.roles": "broker,controller",
    "node.id": String(node.id),
    listeners: [...listeners, `CONTROLLER://${host}:${node.controllerPort}`].join(","),
    "advertised.listeners": [...advertised, `CONTROLLER://${host}:${node.controllerPort}`].join(","),
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": nodes.map(({ id, controllerPort }) => `${id}@${host}:${controllerPort}`).join(),
    "log.dirs": node.dataDir,
    "auto.create.topics.enable": "false",
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": inSync,
    "group.initial.rebalance.delay.ms": "0",
    // Elections, and the notice taken of a broker that was killed, in a second or two instead of ten.
    "controller.quorum.election.timeout.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
    "controller.quorum.election.backoff.max.ms": "100",
    "broker.session.timeout.ms": "2000",
    ...(nodes.length === 1 ? aloneSettings : { "broker.heartbeat.interval.ms": "200" }),
    "initial.broker.registration.timeout.ms": "30000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": String(16 * 1024 * 1024),
    ...node.settings,
  };
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${value.replaceAll("\\", "\\\\")}\n`)
    .join("");
};

/** Warnings and worse on standard output, which is the log file. */
export const log4jProperties = `appenders = stdout
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = %d %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRefs = stdout
rootLogger.appenderRef.stdout.ref = stdout
`;
