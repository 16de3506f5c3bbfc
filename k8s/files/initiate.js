// mongosh runs this beside mongod after each of its starts: it makes the replica set the first time, and ends when there
// is a primary. mongosh waits by itself for what is asynchronous.
const alreadyInitialized = 23;
// biome-ignore lint/style/noProcessEnv: mongosh takes no arguments for a script.
const { MONGODB_MEMBER: host, MONGODB_REPLICA_SET: name } = process.env;
try {
  db.adminCommand({ replSetInitiate: { _id: name, members: [{ _id: 0, host }] } });
} catch (error) {
  if (error.code !== alreadyInitialized) throw error;
}
let state;
do {
  sleep(200);
  state = db.adminCommand({ hello: 1 });
} while (!state.isWritablePrimary);
