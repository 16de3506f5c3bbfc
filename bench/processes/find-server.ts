// The least that answers the same query over grpc-js: the generated codecs and the driver's find.
import { type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { type Collection, MongoClient } from "mongodb";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { UsersResponse } from "../../gen/presence/view/v1/view_api.ts";
import { answerParent, startCounting } from "./answer-parent.ts";
import { QueriesDefinition, type QueryPlace } from "./queries.ts";

type Row = { readonly _id: string; readonly row: Omit<UserPresenceState, "_unknownFields"> };

const find =
  (rows: Collection<Row>): handleUnaryCall<UserPresenceState, UsersResponse> =>
  ({ request }, callback) => {
    rows
      .find({ "row.reason": request.reason }, { projection: { _id: 0, row: 1 } })
      .toArray()
      .then((found) => callback(null, { results: found.map(({ row }) => row) }), callback);
  };

const start = async ({ mongodb, database, rows: encoded }: QueryPlace): Promise<number> => {
  // As ours reads, so that the server has the same to do.
  const options = { useBigInt64: true, ignoreUndefined: true, readConcern: { level: "majority" } } as const;
  const mongo = await new MongoClient(mongodb, { ...options, writeConcern: { w: "majority" } }).connect();
  const rows = mongo.db(database).collection<Row>("users");
  await rows.createIndex({ "row.reason": 1 });
  await rows.insertMany(
    encoded.map((bytes) => {
      const { _unknownFields, ...row } = UserPresenceState.decode(bytes);
      return { _id: `${row.user_id}/${row.device_id}`, row };
    }),
  );
  const server = new Server({ "grpc.max_send_message_length": 1 << 24 });
  server.addService(
    {
      find: {
        path: `/${QueriesDefinition.fullName}/Find`,
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: UserPresenceState) => Buffer.from(UserPresenceState.encode(message).finish()),
        requestDeserialize: (bytes: Buffer) => UserPresenceState.decode(bytes),
        responseSerialize: (message: UsersResponse) => {
          const bytes = UsersResponse.encode(message).finish();
          return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        },
        responseDeserialize: (bytes: Buffer) => UsersResponse.decode(bytes),
      },
    },
    { find: find(rows) },
  );
  return new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
};

answerParent({ start, cost: startCounting() });
