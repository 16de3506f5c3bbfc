import type { Db } from "mongodb";
import { MongoServerError } from "mongodb";
import type { NoteStore } from "../../entity/notes.ts";
import { guarded } from "./errors.ts";

type NoteDocument = { readonly _id: string; readonly revision: bigint; readonly text: string };

/** Notes as documents of one collection. The connection is opened, and closed, by someone else. */
export const createMongoNotes = (db: Db): NoteStore => {
  const notes = db.collection<NoteDocument>("notes");
  return {
    async load(id) {
      const found = await guarded(() => notes.findOne({ _id: id }));
      return found === null ? undefined : { revision: found.revision, text: found.text };
    },
    async save(id, expectedRevision, text) {
      const note = { revision: expectedRevision + 1n, text };
      if (expectedRevision === 0n) {
        return guarded(() => notes.insertOne({ _id: id, ...note })).then(() => "saved", conflictIfThere);
      }
      const filter = { _id: id, revision: expectedRevision };
      const { matchedCount } = await guarded(() => notes.updateOne(filter, { $set: note }));
      return matchedCount === 1 ? "saved" : "conflict";
    },
    async list(prefix) {
      const range = { $gte: prefix, $lt: `${prefix}\uffff` };
      const found = await guarded(() => notes.find({ _id: range }, { sort: { _id: 1 } }).toArray());
      return new Map(found.map(({ _id, revision, text }) => [_id, { revision, text }]));
    },
    async drop(id, expectedRevision) {
      const { deletedCount } = await guarded(() => notes.deleteOne({ _id: id, revision: expectedRevision }));
      return deletedCount === 1 ? "dropped" : "conflict";
    },
  };
};

const duplicateKey = 11000;

const conflictIfThere = (error: unknown): "conflict" => {
  if (error instanceof MongoServerError && error.code === duplicateKey) return "conflict";
  throw error;
};
