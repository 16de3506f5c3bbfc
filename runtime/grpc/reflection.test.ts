import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "chai";
import type { ServerReflectionRequest, ServerReflectionResponse } from "../../gen/grpc/reflection/v1/reflection.ts";
import { buildFixture } from "../../test/contract-protos/fixtures.ts";
import { readDescriptors } from "../contract/descriptors.ts";
import { reflectionEndpoints } from "./reflection.ts";

type Asked = NonNullable<ServerReflectionRequest["message_request"]>;

/** The files that an application without protos of gRPC gives for a question; its error when it gives none. */
const filesFor = async (message_request: Asked): Promise<readonly string[]> => {
  const [endpoint] = reflectionEndpoints(readDescriptors(await buildFixture("rule-entities")), []);
  const handle = endpoint?.handle as (requests: AsyncIterable<object>) => AsyncIterable<ServerReflectionResponse>;
  const requests = async function* () {
    yield { host: "", message_request };
  };
  for await (const { message_response: answer } of handle(requests())) {
    if (answer?.$case !== "file_descriptor_response") return [String(answer?.$case)];
    return answer.value.file_descriptor_proto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
  }
  return [];
};

describe("reflection of an application", () => {
  const health = "grpc/health/v1/health.proto";

  it("tells the protos of health and of itself, which the application need not have", async () => {
    const ofSymbol = (value: string) => filesFor({ $case: "file_containing_symbol", value });
    expect(await ofSymbol("grpc.health.v1.Health")).to.deep.equal([health]);
    expect(await ofSymbol("grpc.health.v1.Health.Check")).to.deep.equal([health]);
    expect(await ofSymbol("grpc.reflection.v1.ServerReflection")).to.have.length(1);
    expect(await filesFor({ $case: "file_by_filename", value: health })).to.deep.equal([health]);
  });

  it("tells no other protos of the project", async () => {
    expect(await filesFor({ $case: "file_containing_symbol", value: "presence.v1.Heartbeat" })).to.deep.equal([
      "error_response",
    ]);
  });
});
