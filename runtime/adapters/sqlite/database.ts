import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { MeshError } from "../../errors.ts";
import { createLike } from "../../view/like.ts";

export type { Database } from "better-sqlite3";

export type DatabaseOptions = {
  /** A folder, made when missing, or `:memory:`. */
  readonly folder: string;
  /** `normal` survives the death of the process, `full` the loss of power too, at the price of a sync a commit. */
  readonly synchronous?: "normal" | "full";
};

/** An open database and the lock that keeps a second process out of its folder. */
export type OpenDatabase = { readonly db: Database; close(): void };

/** Opens the embedded store. Throws DATA_IN_USE when another process has the folder. */
export const openDatabase = ({ folder, synchronous = "normal" }: DatabaseOptions): OpenDatabase => {
  if (folder === ":memory:") {
    const db = prepare(new Sqlite(":memory:"), synchronous);
    return { db, close: () => db.close() };
  }
  mkdirSync(folder, { recursive: true });
  const release = lock(folder);
  const db = prepare(new Sqlite(join(folder, "rollcall.db")), synchronous);
  return {
    db,
    close: () => {
      db.close();
      release();
    },
  };
};

/**
 * A transaction. What it cannot do for now, above all on a full disk, is STORE_UNAVAILABLE, and then nothing of it was
 * done: it may be tried again.
 */
export const transaction = <A extends unknown[], R>(db: Database, work: (...args: A) => R): ((...args: A) => R) => {
  const run = db.transaction(work);
  return (...args) => {
    try {
      return run(...args);
    } catch (error) {
      throw storeError(error);
    }
  };
};

const passing = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|READONLY|CANTOPEN|PROTOCOL)/;

const storeError = (cause: unknown): unknown =>
  cause instanceof Sqlite.SqliteError && passing.test(cause.code)
    ? new MeshError("STORE_UNAVAILABLE", `the embedded store cannot be written: ${cause.message}`, {
        cause,
        retryAfterMs: 1000,
      })
    : cause;

const prepare = (db: Database, synchronous: string): Database => {
  db.defaultSafeIntegers(true);
  defineLike(db);
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${synchronous}`);
  return db;
};

/** SQL's own LIKE takes letters of both cases for the same, and needs a time that no bound holds for some patterns. */
const defineLike = (db: Database): void => {
  let last = { pattern: "", matches: createLike("") };
  db.function("rollcall_like", { deterministic: true }, (pattern: unknown, text: unknown) => {
    if (typeof text !== "string" || typeof pattern !== "string") return null;
    if (pattern !== last.pattern) last = { pattern, matches: createLike(pattern) };
    return last.matches(text) ? 1 : 0;
  });
};

/**
 * An open exclusive transaction on a file of its own: the system ends it with the process, however
 * that dies, so there is no stale lock to judge.
 */
const lock = (folder: string): (() => void) => {
  const owner = join(folder, "owner.pid");
  const db = new Sqlite(join(folder, "lock.db"), { timeout: 0 });
  try {
    db.pragma("locking_mode = EXCLUSIVE");
    db.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    if ((cause as { code?: string }).code !== "SQLITE_BUSY") throw cause;
    throw new MeshError(
      "DATA_IN_USE",
      `the data folder "${folder}" is open in process ${readOwner(owner)}; stop that one, or set ROLLCALL_DATA to another folder`,
      { cause },
    );
  }
  writeFileSync(owner, `${process.pid}\n`);
  return () => db.close();
};

const readOwner = (file: string): string => {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "unknown";
  }
};
