// For those who test components, without anything that runs.
export type { Commanded, CommandOptions, Expected, Given, GivenView, Queried, Specification } from "./specification.ts";
export { specify } from "./specify.ts";
// For those who test a whole application.
export { startTestkit, type Testkit, type TestkitOptions } from "./start-testkit.ts";
export type { PublishOptions, ReceivedMessage, TopicProbe } from "./topic-probe.ts";
