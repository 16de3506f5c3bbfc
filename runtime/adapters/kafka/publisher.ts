import { MeshError } from "../../errors.ts";
import type { OutgoingRecord } from "../../ports.ts";
import { createCoalescer } from "../coalesce.ts";
import type { Sender } from "./sender.ts";
import type { Topics } from "./topics.ts";

/** A request holds one batch a partition, and brokers take 1 MiB of it by default. */
const maxBatchBytes = 900_000;
const maxBatchRecords = 5000;

type Call = readonly OutgoingRecord[];
/** What a call takes of a request, by record; or why it is refused. */
type Checked = { readonly sizes: readonly number[] } | { readonly refusal: unknown };
/** Records of consecutive calls that go into one request. */
type Batch = { readonly records: OutgoingRecord[]; readonly calls: Set<number> };

const sizeOf = ({ key, value, headers }: OutgoingRecord): number => {
  let size = 40 + Buffer.byteLength(key ?? "") + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers)) size += 4 + Buffer.byteLength(name) + Buffer.byteLength(text);
  return size;
};

/** The sizes of the call's records. Throws INVALID_RECORD for one that its topic does not take. */
const check = async (call: Call, topics: Topics): Promise<readonly number[]> => {
  const sizes: number[] = [];
  for (const record of call) {
    const { topic, key } = record;
    const needsKeys = topics.knownNeedsKeys(topic) ?? (await topics.needsKeys(topic));
    if (needsKeys && key === undefined) {
      throw new MeshError("INVALID_RECORD", `topic "${topic}" is compacted and takes no record without a key`);
    }
    const size = sizeOf(record);
    if (size > maxBatchBytes) {
      throw new MeshError("INVALID_RECORD", `a record for "${topic}" has ${size} bytes; ${maxBatchBytes} is the most`);
    }
    sizes.push(size);
  }
  return sizes;
};

/** Cuts the calls that were not refused into batches, in order. */
const toBatches = (calls: readonly Call[], checked: readonly Checked[]): readonly Batch[] => {
  const batches: Batch[] = [];
  let bytes = 0;
  let batch: Batch | undefined;
  for (const [i, call] of calls.entries()) {
    const each = checked[i];
    if (each === undefined || "refusal" in each) continue;
    for (const [n, record] of call.entries()) {
      const size = each.sizes[n] as number;
      if (batch === undefined || bytes + size > maxBatchBytes || batch.records.length === maxBatchRecords) {
        batch = { records: [], calls: new Set() };
        batches.push(batch);
        bytes = 0;
      }
      batch.records.push(record);
      batch.calls.add(i);
      bytes += size;
    }
  }
  return batches;
};

/**
 * Gathers what is published while a request is under way into the next one. Gives each call its own outcome: what one
 * call is refused for does not touch the others.
 */
export const createPublisher = (
  sender: Sender,
  topics: Topics,
  windowMs: number | undefined,
): ((records: Call) => Promise<void>) => {
  const flush = async (calls: readonly Call[]): Promise<readonly unknown[]> => {
    const checked: Checked[] = [];
    for (const call of calls) {
      checked.push(
        await check(call, topics).then(
          (sizes) => ({ sizes }),
          (refusal: unknown) => ({ refusal }),
        ),
      );
    }
    const failures = checked.map((each) => ("refusal" in each ? each.refusal : undefined));
    for (const { records, calls: members } of toBatches(calls, checked)) {
      try {
        await sender.send(records);
      } catch (error) {
        for (const i of members) failures[i] ??= error;
      }
    }
    return failures;
  };
  const submit = createCoalescer<Call, unknown>(flush, { windowMs });
  return async (records) => {
    const failure = await submit(records);
    if (failure !== undefined) throw failure;
  };
};
