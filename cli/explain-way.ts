import { ClientError, createChannel, createClient, Status } from "nice-grpc";
import { AdminDefinition } from "../gen/rollcall/admin/v1/admin.ts";
import { connectMongo } from "../runtime/adapters/mongodb/client.ts";
import { explainStored } from "../runtime/adapters/mongodb/view-explain.ts";
import type { Message } from "../runtime/codec.ts";
import type { Config } from "../runtime/config.ts";
import { MeshError } from "../runtime/errors.ts";
import { createLog } from "../runtime/log.ts";
import type { Section } from "../runtime/view/describe-plan.ts";
import type { Plan } from "../runtime/view/plan.ts";
import type { ViewLayout } from "../runtime/view/store.ts";
import { openMeshFolder } from "./mesh/folder.ts";
import { isAlive } from "./mesh/process-id.ts";
import { findAdmin } from "./publish-admin.ts";

/** A query, and a request to it in both of its forms. */
export type Asked = {
  /** Of gRPC. */
  readonly path: string;
  readonly query: string;
  readonly table: ViewLayout;
  readonly plan: Plan;
  readonly request: Message;
  readonly requestBytes: Uint8Array;
};

/** What an engine says of a query, which may be that it cannot be asked so. */
export type Explained = Section & { readonly isRefused?: true };

/** What the engines that run say of a query; one line when none runs. Nothing is written anywhere. */
export const explainRunning = async (config: Config, asked: Asked): Promise<readonly Explained[]> => {
  if (config.mongodb !== "") return [await throughMongo(config, config.mongodb, asked)];
  const [admin, mongodb] = [await findAdmin(config.dataFolder), await findMongo(config.dataFolder)];
  const sections = [
    ...(admin === undefined ? [] : [await throughAdmin(admin, asked)]),
    ...(mongodb === undefined ? [] : [await throughMongo(config, mongodb, asked)]),
  ];
  if (sections.length > 0) return sections;
  return [{ title: `engine's plan: none, since nothing runs on ${config.dataFolder}`, lines: [] }];
};

const findMongo = async (dataFolder: string): Promise<string | undefined> => {
  const mongodb = (await (await openMeshFolder(dataFolder)).states()).find(({ part }) => part === "mongodb");
  return mongodb !== undefined && (await isAlive(mongodb)) ? mongodb.address : undefined;
};

const throughMongo = async (config: Config, url: string, { table, plan, request }: Asked): Promise<Explained> => {
  const title = "engine's plan, of MongoDB";
  const mongo = await connectMongo({ url, database: config.mongodbDatabase, log: createLog("error") });
  try {
    const text = await explainStored(mongo, table, plan, request);
    const lines = text?.split("\n") ?? [
      `there is no collection ${table.id}: the view that runs has another shape, or handlers of another --revision`,
    ];
    return { title, lines };
  } catch (error) {
    if (error instanceof MeshError && error.status === Status.INVALID_ARGUMENT) {
      return { title, lines: [`none: ${error.text}`], isRefused: true };
    }
    throw error;
  } finally {
    await mongo.close();
  }
};

const throughAdmin = async (port: number, { path, query, table, requestBytes }: Asked): Promise<Explained> => {
  const title = "engine's plan, of SQLite in rollcall run";
  const channel = createChannel(`127.0.0.1:${port}`);
  try {
    const explained = await createClient(AdminDefinition, channel).explain(
      { path, request: requestBytes },
      { signal: AbortSignal.timeout(10_000) },
    );
    const isSame = explained.table === table.id && explained.query === query;
    const other = `of the form that runs, which is another: ${explained.query} (${explained.table})`;
    return { title, lines: [...(isSame ? [] : other.split("\n")), ...explained.plan.split("\n")] };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error.code === Status.INVALID_ARGUMENT) return { title, lines: [`none: ${error.details}`], isRefused: true };
    if (error.code === Status.NOT_FOUND) return { title, lines: [error.details] };
    throw new MeshError("STORE_UNAVAILABLE", `rollcall run did not explain the query: ${error.details}`, {
      cause: error,
    });
  } finally {
    channel.close();
  }
};
