import { expect } from "chai";
import { fieldOf } from "../../runtime/codec.ts";
import { useEnvoy } from "../support/envoy.ts";
import { type HttpReply, http } from "../support/http.ts";

describe("REST through Envoy", () => {
  const fixture = useEnvoy();

  const call = (method: string, path: string, body?: unknown): Promise<HttpReply> =>
    http({ port: fixture().envoy.port, method, path, body });

  const beat = (userId: string, deviceId: string, body: unknown = {}): Promise<HttpReply> =>
    call("PUT", `/users/${userId}/devices/${deviceId}/heartbeat`, body);

  /** The ids of the one call that reached `upstream`. */
  const idsAt = (upstream: "heartbeat" | "state"): unknown[] => {
    expect(fixture()[upstream].received).to.have.length(1);
    const { request } = fixture()[upstream].received[0] ?? { request: {} };
    return [fieldOf(request, "user_id"), fieldOf(request, "device_id")];
  };

  describe("routes", () => {
    it("takes each path to its service", async () => {
      await beat("u", "d");
      await call("GET", "/users/u/devices/d");
      await call("GET", "/users");
      const methods = (["heartbeat", "state", "view"] as const).map((name) =>
        fixture()[name].received.map(({ method }) => method),
      );
      expect(methods).to.deep.equal([
        ["presence.heartbeat.v1.PresenceHeartbeatEventService/HeartbeatEvent"],
        ["presence.state.v1.PresenceStateService/GetCurrentUserPresence"],
        ["presence.view.v1.PresenceQueryApi/GetUsers"],
      ]);
    });

    it("passes the key header on", async () => {
      const headers = { "x-rollcall-key": "u/d" };
      await http({ port: fixture().envoy.port, path: "/users/u/devices/d", headers });
      expect(fixture().state.received[0]?.metadata.get("x-rollcall-key")).to.deep.equal(["u/d"]);
    });
  });

  describe("JSON", () => {
    it("carries every field of the body", async () => {
      await beat("u", "d", {
        is_online: true,
        profile: { attr1: "a", attributes: { "k.1": "v" } },
        version: "9007199254740993",
        ttl: "90s",
      });
      expect(fixture().heartbeat.received[0]?.request).to.deep.include({
        is_online: true,
        profile: { attr1: "a", attr2: "", attributes: { "k.1": "v" }, _unknownFields: {} },
        version: 9007199254740993n,
        ttl: { seconds: 90n, nanos: 0, _unknownFields: {} },
      });
    });

    it("prints default values, names as in the proto, and int64 as strings", async () => {
      const reply = await beat("u", "d", { version: 9007199254740993n.toString() });
      expect(reply.status).to.equal(200);
      expect(reply.headers["content-type"]).to.equal("application/json");
      expect(reply.json()).to.deep.equal({
        user_id: "u",
        device_id: "d",
        is_online: false,
        is_modified: false,
        version: "9007199254740993",
        reason: "",
        sessions: [],
      });
    });

    it("takes lowerCamelCase names too", async () => {
      await beat("u", "d", { isOnline: true });
      expect(fixture().heartbeat.received[0]?.request).to.include({ is_online: true });
    });

    it("takes no body for an empty message", async () => {
      expect((await call("PUT", "/users/u/devices/d/heartbeat")).status).to.equal(200);
    });

    it("drops unknown fields without an error", async () => {
      const reply = await beat("u", "d", { is_online: true, is_onlin: true });
      expect(reply.status).to.equal(200);
      expect(fixture().heartbeat.received[0]?.request).to.include({ is_online: true });
    });

    it("carries a list far larger than a connection's buffer", async () => {
      const attr1 = "x".repeat(1000);
      fixture().view.answerWith(() => ({
        results: Array.from({ length: 10_000 }, (_, index) => ({
          user_id: `u${index}`,
          device_id: "d",
          is_online: true,
          profile: { attr1, attr2: "", attributes: {} },
          version: 1n,
          last_seen: undefined,
          reason: "HEARTBEAT",
        })),
      }));
      const reply = await call("GET", "/users");
      expect(reply.status).to.equal(200);
      expect(reply.json()).to.have.property("results").with.length(10_000);
    });
  });

  describe("ids", () => {
    const ids = [
      "a/b",
      "/",
      "a:b:c",
      ":",
      "a b",
      "a+b",
      "100%",
      "%2F",
      "ü€😀",
      "a?b#c",
      "a&b=c;d",
      'a"b',
      "a\\b",
      "~-._",
    ];
    for (const id of ids) {
      it(`arrive as they are: ${id}`, async () => {
        const reply = await beat(encodeURIComponent(id), encodeURIComponent(id));
        expect(reply.status).to.equal(200);
        expect(idsAt("heartbeat")).to.deep.equal([id, id]);
        expect(reply.json()).to.deep.include({ user_id: id, device_id: id });
      });
    }

    it("arrive in the last segment of a path, too", async () => {
      await call("GET", "/users/a%2Fb/devices/aa:bb:cc%2F1");
      expect(idsAt("state")).to.deep.equal(["a/b", "aa:bb:cc/1"]);
    });

    it("may end like a verb when the colon is escaped", async () => {
      await call("GET", "/users/u/devices/d%3Awatch");
      expect(idsAt("state")).to.deep.equal(["u", "d:watch"]);
    });

    it("have no plus for a space", async () => {
      await beat("a+b", "a%2Bb");
      expect(idsAt("heartbeat")).to.deep.equal(["a+b", "a+b"]);
    });

    it("end at a slash", async () => {
      expect((await beat("a/b", "d")).status).to.equal(404);
      expect(fixture().heartbeat.received).to.have.length(0);
    });

    it("may be empty for Envoy: the services refuse that", async () => {
      await beat("", "d");
      expect(idsAt("heartbeat")).to.deep.equal(["", "d"]);
    });

    it("are never made from invalid UTF-8", async () => {
      const reply = await beat("%FF", "d");
      expect(reply.status).to.equal(400);
      expect(reply.json()).to.deep.equal({ code: 3, message: "not the message it should be", details: [] });
    });

    for (const id of [".", "..", "%2E", "%2e%2e"]) {
      it(`cannot be ${id}`, async () => {
        expect((await beat(id, "d")).status).to.equal(404);
        expect(fixture().heartbeat.received).to.have.length(0);
      });
    }
  });
});
