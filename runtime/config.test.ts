import { expect } from "chai";
import { readConfig } from "./config.ts";
import { MeshError } from "./errors.ts";

describe("readConfig", () => {
  it("has a default for everything", () => {
    expect(readConfig({})).to.include({
      host: "127.0.0.1",
      restPort: 8080,
      heartbeatPort: 50_051,
      dataFolder: ".rollcall",
    });
  });

  it("reads values", () => {
    expect(readConfig({ ROLLCALL_REST_PORT: "0", ROLLCALL_LOG_LEVEL: "debug" })).to.include({
      restPort: 0,
      logLevel: "debug",
    });
  });

  it("tells every problem at once", () => {
    const attempt = () =>
      readConfig({ ROLLCALL_REST_PORT: "http", ROLLCALL_LOG_LEVEL: "loud", ROLLCALL_RESTPORT: "1" });
    expect(attempt).to.throw(MeshError).with.property("code", "INVALID_CONFIG");
    for (const name of ["ROLLCALL_REST_PORT", "ROLLCALL_LOG_LEVEL", "ROLLCALL_RESTPORT"])
      expect(attempt).to.throw(name);
  });

  it("gives a configuration that nobody can change", () => {
    expect(Object.isFrozen(readConfig({}))).to.equal(true);
  });
});
