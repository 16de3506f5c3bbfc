import { expect } from "chai";
import fc from "fast-check";
import kafkajs from "kafkajs";
import { createPartitioner, murmur2, toMessage } from "./partitioner.ts";

const metadata = Array.from({ length: 7 }, (_, partitionId) => ({
  partitionId,
  partitionErrorCode: 0,
  leader: 1,
  replicas: [1],
  isr: [1],
}));
const place = (partitioner: ReturnType<typeof createPartitioner>, key: string | undefined, partitionKey?: string) =>
  partitioner({
    topic: "t",
    partitionMetadata: metadata,
    message: toMessage({ topic: "t", key, partitionKey, value: null, headers: {} }),
  });

describe("the partitioner", () => {
  it("hashes as Kafka's own test does", () => {
    // From org.apache.kafka.common.utils.UtilsTest.
    for (const [text, hash] of [
      ["21", -973932308],
      ["foobar", -790332482],
      ["a-little-bit-long-string", -985981536],
      ["a-little-bit-longer-string", -1486304829],
      ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ] as const) {
      expect(murmur2(Buffer.from(text)), text).to.equal(hash);
    }
  });

  it("puts every key where kafkajs and Java put it", () => {
    const theirs = kafkajs.Partitioners.DefaultPartitioner();
    const ours = createPartitioner();
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (key) => {
        expect(place(ours, key)).to.equal(
          theirs({ topic: "t", partitionMetadata: metadata, message: { key, value: null } }),
        );
      }),
    );
  });

  it("goes by the partition key when there is one, and in turn when there is no key", () => {
    const partitioner = createPartitioner();
    expect(place(partitioner, "user/device", "user")).to.equal(place(partitioner, "user"));
    expect(metadata.map(() => place(partitioner, undefined))).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });
});
