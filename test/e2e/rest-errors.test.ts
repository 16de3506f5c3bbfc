import { expect } from "chai";
import { BadRequest, RetryInfo } from "../../gen/google/rpc/error_details.ts";
import { Status, type StatusCode, statusName } from "../../runtime/status.ts";
import { useEnvoy } from "../support/envoy.ts";
import { packed, UpstreamStatus } from "../support/envoy-upstream.ts";
import { type HttpCall, type HttpReply, http } from "../support/http.ts";

const beatPath = "/users/u/devices/d/heartbeat";

describe("REST errors through Envoy", () => {
  const fixture = useEnvoy();

  const call = (options: Omit<HttpCall, "port">): Promise<HttpReply> =>
    http({ port: fixture().envoy.port, ...options });
  const beat = (body: unknown, path = beatPath): Promise<HttpReply> => call({ method: "PUT", path, body });

  const expectStatus = (reply: HttpReply, http: number, code: StatusCode, message: RegExp): void => {
    expect(reply.status, reply.text).to.equal(http);
    expect(reply.headers["content-type"]).to.equal("application/json");
    const body = reply.json();
    expect(body).to.have.all.keys("code", "message", "details");
    expect(body).to.deep.include({ code, details: [] });
    expect(body).to.have.property("message").that.matches(message);
  };

  const untouched = (): void => {
    const { heartbeat, state, view } = fixture();
    expect([heartbeat, state, view].flatMap(({ received }) => received)).to.deep.equal([]);
  };

  describe("that Envoy makes", () => {
    it("are 404 for an unknown path", async () => {
      expectStatus(await call({ path: "/nope" }), 404, Status.NOT_FOUND, /\/nope/);
    });

    it("are 404 for a path with another method", async () => {
      expectStatus(await call({ path: "/users", method: "DELETE" }), 404, Status.NOT_FOUND, /\/users/);
    });

    it("are 404 for methods without a path of their own", async () => {
      const path = "/presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEventToKafka";
      expectStatus(await call({ method: "POST", path, body: {} }), 404, Status.NOT_FOUND, /HeartbeatEventToKafka/);
      untouched();
    });

    for (const [what, body] of [
      ["that is cut off", '{"is_online": tru'],
      ["with a value of another type", { is_online: 5 }],
      ["that is no object", []],
      ["that is a form", "is_online=true"],
    ] as const) {
      it(`are 400 for a body ${what}`, async () => {
        expectStatus(await beat(body), 400, Status.INVALID_ARGUMENT, /./);
        untouched();
      });
    }

    it("are 400 for an unknown query parameter", async () => {
      expectStatus(await call({ path: "/users?limit=1" }), 400, Status.INVALID_ARGUMENT, /limit/);
      expectStatus(await beat({}, `${beatPath}?limit=1`), 400, Status.INVALID_ARGUMENT, /limit/);
      untouched();
    });

    it("are 400 for a body that contradicts the path, not for one that repeats it", async () => {
      expectStatus(await beat({ user_id: "other" }), 400, Status.INVALID_ARGUMENT, /user_id/);
      untouched();
      expect((await beat({ user_id: "u" })).status).to.equal(200);
    });

    it("are 400 for a NUL in the path", async () => {
      expectStatus(await beat({}, "/users/%00/devices/d/heartbeat"), 400, Status.INVALID_ARGUMENT, /NUL/);
    });

    it("are 400 for a header with an underscore", async () => {
      expectStatus(await call({ path: "/users", headers: { x_y: "1" } }), 400, Status.INVALID_ARGUMENT, /./);
    });

    it("are 413 for a body over 1 MiB, however it arrives", async () => {
      const limit = 1024 * 1024;
      const bodyOf = (size: number): string => `{"profile":{"attr1":"${"x".repeat(size - 24)}"}}`;
      expect(bodyOf(limit)).to.have.length(limit);
      expect((await beat(bodyOf(limit))).status).to.equal(200);
      for (const size of [limit + 1, 2 * limit, 8 * limit]) {
        fixture().heartbeat.received.length = 0;
        expectStatus(await beat(bodyOf(size)), 413, Status.RESOURCE_EXHAUSTED, /1 MiB/);
        untouched();
      }
    });

    it("are 431 for headers that are too large", async () => {
      const headers = { "x-large": "x".repeat(70_000) };
      expectStatus(await call({ path: "/users", headers }), 431, Status.RESOURCE_EXHAUSTED, /./);
    });

    it("are 504 when the deadline of the request has passed", async () => {
      fixture().view.answerWith(() => new Promise(() => {}));
      const reply = await call({ path: "/users", headers: { "grpc-timeout": "100m" } });
      expectStatus(reply, 504, Status.DEADLINE_EXCEEDED, /./);
    });
  });

  describe("of the service", () => {
    const httpOf: readonly (readonly [StatusCode, number])[] = [
      [Status.CANCELLED, 499],
      [Status.UNKNOWN, 500],
      [Status.INVALID_ARGUMENT, 400],
      [Status.DEADLINE_EXCEEDED, 504],
      [Status.NOT_FOUND, 404],
      [Status.ALREADY_EXISTS, 409],
      [Status.PERMISSION_DENIED, 403],
      [Status.RESOURCE_EXHAUSTED, 429],
      [Status.FAILED_PRECONDITION, 400],
      [Status.ABORTED, 409],
      [Status.OUT_OF_RANGE, 400],
      [Status.UNIMPLEMENTED, 501],
      [Status.INTERNAL, 500],
      [Status.UNAVAILABLE, 503],
      [Status.DATA_LOSS, 500],
      [Status.UNAUTHENTICATED, 401],
    ];
    for (const [code, status] of httpOf) {
      it(`are ${status} for ${statusName(code)}`, async () => {
        fixture().view.answerWith(() => {
          throw new UpstreamStatus(code, 'why: "ü"');
        });
        expectStatus(await call({ path: "/users" }), status, code, /^why: "ü"$/);
      });
    }

    it("keep their details", async () => {
      const field_violations = [{ field: "profile.attr1", description: "is too long" }];
      fixture().heartbeat.answerWith(() => {
        throw new UpstreamStatus(Status.INVALID_ARGUMENT, "no", [
          packed("google.rpc.BadRequest", BadRequest, BadRequest.fromPartial({ field_violations })),
          packed("google.rpc.RetryInfo", RetryInfo, RetryInfo.fromPartial({ retry_delay: { seconds: 2n } })),
        ]);
      });
      const reply = await beat({});
      expect(reply.status).to.equal(400);
      expect(reply.json()).to.deep.equal({
        code: 3,
        message: "no",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            field_violations: [{ ...field_violations[0], reason: "" }],
          },
          { "@type": "type.googleapis.com/google.rpc.RetryInfo", retry_delay: "2s" },
        ],
      });
    });

    it("are tried again when the service says UNAVAILABLE", async () => {
      let calls = 0;
      fixture().heartbeat.answerWith(() => {
        calls += 1;
        if (calls < 3) throw new UpstreamStatus(Status.UNAVAILABLE, "not caught up");
        return { user_id: "u" };
      });
      expect((await beat({})).status).to.equal(200);
      expect(calls).to.equal(3);
    });

    it("are not tried again otherwise", async () => {
      fixture().heartbeat.answerWith(() => {
        throw new UpstreamStatus(Status.ABORTED, "conflict");
      });
      expect((await beat({})).status).to.equal(409);
      expect(fixture().heartbeat.received).to.have.length(1);
    });
  });

  // Last: nothing brings this upstream back.
  describe("of a service that is down", () => {
    it("are 503", async () => {
      fixture().state.close();
      expectStatus(await call({ path: "/users/u/devices/d" }), 503, Status.UNAVAILABLE, /upstream/);
    });

    it("leave the others alone", async () => {
      expect((await call({ path: "/users" })).status).to.equal(200);
    });
  });
});
